/** One descendant run: state, name, what is going on, its bar, its time; opens to its hooks and its error. */

import type { Clock } from "../clock";
import { lookOf } from "../palette";
import type { Moment, Run } from "../wire";
import { Doing } from "./Doing";
import { ErrorBox } from "./ErrorBox";
import { HookList } from "./HookList";
import { Lane } from "./Lane";
import { memo } from "./memo";
import { Icon, Name, Unseen } from "./parts";
import { Took } from "./RunClock";

const DEEPEST = 8;

interface Props {
	run: Run;
	clock: Clock;
	from: Moment;
	seconds: number;
	/** Whether the Tab key stops here. */
	reached: boolean;
	open: boolean;
	toggle: (n: number) => void;
}

export const TaskRow = memo(({ run, clock, from, seconds, reached, open, toggle }: Props) => {
	const indent = { paddingLeft: `${12 + 18 * Math.min(DEEPEST, Math.max(0, run.depth - 1))}px` };
	return (
		<li class="item" data-run={run.n} data-state={run.state.name}>
			<button type="button" class="row" tabIndex={reached ? 0 : -1} aria-expanded={open} onClick={() => toggle(run.n)}>
				<span class="words">
					<span class="who" style={indent}>
						<Icon look={lookOf(run.state.name, run.state.type)} />
						<Unseen>{run.state.name} </Unseen>
						<Name class="task" text={run.name} />
					</span>
					<Doing class="doing" run={run} clock={clock} />
				</span>
				<Lane run={run} from={from} seconds={seconds} clock={clock} />
				<Took run={run} clock={clock} />
			</button>
			{open && <Opened run={run} />}
		</li>
	);
});

function Opened({ run }: { run: Run }) {
	return (
		<div class="opened">
			{run.error && <ErrorBox error={run.error} of="" />}
			{run.state.message && !run.error && <p class="quiet">{run.state.message}</p>}
			<HookList runs={[run]} />
		</div>
	);
}
