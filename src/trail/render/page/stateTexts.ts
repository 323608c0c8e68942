/**
 * How it stands with an event, in words and in a tone.
 */
import type { Handling, HandlingState, Run } from '../../handlings';
import { duration } from '../times';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

const TEXTS: Readonly<Record<HandlingState, { readonly text: string; readonly tone: Tone }>> = {
	running: { text: 'running', tone: 'plain' },
	done: { text: 'done', tone: 'good' },
	'handed-over': { text: 'waits in a Wait node', tone: 'good' },
	retry: { text: 'comes again', tone: 'warn' },
	cut: { text: 'cut off', tone: 'warn' },
	'dead-letter': { text: 'dead letter', tone: 'bad' },
	duplicate: { text: 'processed before', tone: 'plain' },
	expired: { text: 'expired', tone: 'warn' },
	discarded: { text: 'discarded', tone: 'warn' },
};

export function toneOf(state: HandlingState): Tone {
	return TEXTS[state].tone;
}

/** 'done', 'done after 3 attempts', 'comes again in 4 s', 'dead letter: attempts'. */
export function stateText({ state, runs, reason }: Handling): string {
	const { text } = TEXTS[state];
	const last = runs.at(-1);
	if (state === 'dead-letter') return reason === null ? text : `${text}: ${reason}`;
	if (state === 'retry') return last?.delayMs == null ? text : `${text} in ${duration(last.delayMs)}`;
	const attempts = attemptsOf(runs);
	return attempts > 1 && state === 'done' ? `${text} after ${attempts} attempts` : text;
}

/** As a word beside the name of the service; '': done at once, which needs no word. */
export function briefText({ state, runs }: Handling): string {
	if (state !== 'done') return TEXTS[state].text;
	const attempts = attemptsOf(runs);
	return attempts > 1 ? `${attempts} attempts` : '';
}

function attemptsOf(runs: readonly Run[]): number {
	return Math.max(runs.length, runs.at(-1)?.attempt ?? 1);
}

export function runText(ended: HandlingState): string {
	return ended === 'retry' ? 'failed' : TEXTS[ended].text;
}
