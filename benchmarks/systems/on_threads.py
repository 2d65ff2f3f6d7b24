"""The bare thread pool of concurrent.futures: no state, no story, no hook but a done callback."""

from concurrent.futures import ThreadPoolExecutor

from worker import clock, median_of, scenario, serve, timed

WORKERS = 8


def nothing(x=None):
    return x


def fails():
    raise ValueError("x")


def in_a_pool(body):
    """Give what runs `body(pool, n)` in a new pool, as every flow has one, and counts the body's time only."""

    def around(n):
        with ThreadPoolExecutor(WORKERS) as pool:
            began = clock()
            body(pool, n)
            return clock() - began

    return around


@scenario
def sequential():
    def body(pool, n):
        for i in range(n):
            pool.submit(nothing, i).result()

    return timed(in_a_pool(body), 1_000)


@scenario
def submit():
    def body(pool, n):
        futures = [pool.submit(nothing, i) for i in range(n)]
        for future in futures:
            future.result()

    return timed(in_a_pool(body), 2_000)


@scenario
def mapped():
    return timed(in_a_pool(lambda pool, n: list(pool.map(nothing, range(n)))), 1_000)


@scenario
def failing():
    def body(pool, n):
        for _ in range(n):
            pool.submit(fails).exception()

    return timed(in_a_pool(body), 1_000)


@scenario
def hook_latency():
    def repetition():
        samples = []
        with ThreadPoolExecutor(WORKERS) as pool:
            for _ in range(1_000):
                future = pool.submit(clock)
                future.add_done_callback(lambda done: samples.append(clock() - done.result()))
                future.result()
        return median_of(samples)

    return repetition


if __name__ == "__main__":
    serve()
