"""What a user's first script is: one function in a pool, with a callback."""

from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor() as pool:
    pool.submit(int).add_done_callback(lambda done: print(done.result()))
