/** What the code of the cell asks: forms to be answered, and the answers in their places. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { RunModel } from "../model";
import { colour, type LookName } from "../palette";
import type { Picture } from "../picture";
import type { Answer, Question } from "../questions";
import { AllowButton } from "./Allow";
import { Name } from "./parts";

/** For so long after the forms have moved no button can be pressed: the press was meant for what stood there. */
const CALM_MS = 350;
const ANNOUNCE_MS = 150;

const LOOKS: Record<Answer, { look: LookName; icon: string; word: string }> = {
	approve: { look: "Completed", icon: "✓", word: "Approved" },
	decline: { look: "Failed", icon: "✕", word: "Declined" },
	withdrawn: { look: "Cancelled", icon: "⊘", word: "Withdrawn" },
};

let forms = 0;

interface Props {
	model: RunModel;
	picture: Picture;
}

export function Questions({ model, picture }: Props) {
	return picture.questions.length > 0 ? <Asked model={model} picture={picture} /> : null;
}

/** At the foot of the board, where its coming and going moves nothing. */
export function QuestionsFoot({ picture }: { picture: Picture }) {
	return picture.questions.some(({ answer }) => answer === null) ? <AllowButton /> : null;
}

function Asked({ model, picture }: Props) {
	const { questions } = picture;
	const shape = questions.map(({ id, answer }) => `${id}${answer ?? "?"}`).join();
	const calm = useCalm(shape);
	return (
		<>
			{questions.map((question) => (
				<Form key={question.id} question={question} model={model} calm={calm} />
			))}
			{picture.moreQuestions > 0 && <p class="quiet left">… and {picture.moreQuestions} more questions</p>}
			<Caller questions={questions} shape={shape} />
		</>
	);
}

/** Whether nothing has moved for a moment. */
function useCalm(shape: string): boolean {
	const calmSince = useSignal<string | null>(null);
	useEffect(() => {
		const timer = setTimeout(() => {
			calmSince.value = shape;
		}, CALM_MS);
		return () => clearTimeout(timer);
	}, [shape]);
	return calmSince.value === shape;
}

function Form({ question, model, calm }: { question: Question; model: RunModel; calm: boolean }) {
	const form = useRef<HTMLDivElement>(null);
	const label = useRef(`hookcell-question-${++forms}`).current;
	const note = model.answers.all.value.get(question.id)?.note;
	useKeptFocus(form, question.answer);
	return (
		// biome-ignore lint/a11y/useSemanticElements: a fieldset draws a frame of its own in many hosts
		<div
			ref={form}
			class={question.answer === null ? "panel asked open" : "panel asked"}
			role="group"
			aria-labelledby={label}
			tabIndex={-1}
			data-question={question.id}
			data-answer={question.answer ?? ""}
		>
			<Mark answer={question.answer} />
			<div class="question" id={label}>
				{(question.subject || question.by) && (
					<p class="about">
						{question.subject && <Name class="name" text={question.subject} />}
						{question.by && <Name class="by" text={question.by} />}
					</p>
				)}
				<p class="text" dir="auto">
					{question.text}
				</p>
			</div>
			{question.answer === null ? (
				<Buttons question={question} model={model} calm={calm} />
			) : (
				<span class="answer" style={{ color: colour(LOOKS[question.answer].look) }}>
					{LOOKS[question.answer].word}
				</span>
			)}
			{note && (
				<p class="note" role="alert">
					{note}
				</p>
			)}
		</div>
	);
}

function Mark({ answer }: { answer: Answer | null }) {
	const { look, icon } = answer === null ? { look: "Paused" as const, icon: "?" } : LOOKS[answer];
	return (
		<i class="icon" aria-hidden="true" style={{ color: colour(look) }}>
			{icon}
		</i>
	);
}

/** They stay where they are in the order of Tab while they cannot be pressed. */
function Buttons({ question, model, calm }: { question: Question; model: RunModel; calm: boolean }) {
	const busy = model.answers.all.value.get(question.id)?.open === true;
	const press = (approve: boolean) => () => {
		if (calm && !busy) model.answer(question, approve);
	};
	const rest = { type: "button" as const, "aria-disabled": busy || !calm };
	return (
		<span class="buttons">
			<button {...rest} class="cancel yes" onClick={press(true)}>
				<span aria-hidden="true">✓ </span>
				Approve
			</button>
			<button {...rest} class="cancel no" onClick={press(false)}>
				<span aria-hidden="true">✕ </span>
				Decline
			</button>
		</span>
	);
}

/** A reader who has answered by key keeps the place: the button that had the focus is gone. */
function useKeptFocus(form: { readonly current: HTMLElement | null }, answer: Answer | null): void {
	const had = useRef(false);
	if (answer === null) had.current = form.current?.contains(document.activeElement) === true;
	useEffect(() => {
		if (answer !== null && had.current && [null, document.body].includes(document.activeElement as HTMLElement | null))
			form.current?.focus({ preventScroll: true });
	}, [answer]);
}

/** Tells readers who hear the page of new questions, and of what became of them. */
function Caller({ questions, shape }: { questions: readonly Question[]; shape: string }) {
	const text = useSignal("");
	const told = useRef<ReadonlyMap<number, Answer | null>>(new Map());
	useEffect(() => {
		const timer = setTimeout(() => {
			const news = questions.filter(({ id, answer }) => told.current.get(id) !== answer);
			if (news.length > 0) text.value = news.slice(-3).map(sentence).join(" ");
			told.current = new Map(questions.map(({ id, answer }) => [id, answer]));
		}, ANNOUNCE_MS);
		return () => clearTimeout(timer);
	}, [shape]);
	return (
		<div class="unseen" role="status" aria-live="polite">
			{text.value}
		</div>
	);
}

function sentence({ subject, text, answer }: Question): string {
	const question = subject ? `${subject}: ${text}` : text;
	return answer === null ? `Question: ${question} Approve or decline.` : `${LOOKS[answer].word}: ${question}`;
}
