/**
 * The services that a saga calls: they apply each idempotency key once, keep the order of what they did, and do what a
 * case tells them to.
 */
import type { StepCall, StepOutcome } from '../../src/saga/types';
import { until } from '../conformance/waiting';

/** In place of the effect. */
export type Behaviour = (call: StepCall, apply: () => StepOutcome) => StepOutcome | Promise<StepOutcome>;

export class Services {
	/** 'a', 'undo a': in the order in which they happened. */
	readonly effects: string[] = [];
	/** Every attempt: 'a', 'a 2', 'undo a'. */
	readonly calls: string[] = [];
	/** What was sent, by place. */
	readonly commands = new Map<string, unknown>();
	private readonly applied = new Map<string, StepOutcome>();
	private readonly behaviours = new Map<string, Behaviour>();

	/** @param place 'a' or 'undo a' */
	on(place: string, behaviour: Behaviour): void {
		this.behaviours.set(place, behaviour);
	}

	/** What it does by itself: applies the effect. */
	repair(place: string): void {
		this.behaviours.delete(place);
	}

	/** Resolves once it is called so often. */
	async called(place: string, times = 1): Promise<void> {
		const its = (call: string) => call === place || call.startsWith(`${place} `);
		await until(`${place} is called`, () => this.calls.filter(its).length >= times);
	}

	/** As a host performs it. */
	readonly perform = async (call: StepCall): Promise<StepOutcome> => {
		const place = call.direction === 'undo' ? `undo ${call.step}` : call.step;
		this.calls.push(call.attempt === 1 ? place : `${place} ${call.attempt}`);
		this.commands.set(place, call.command);
		const apply = () => this.apply(place, call);
		return (await this.behaviours.get(place)?.(call, apply)) ?? apply();
	};

	private apply(place: string, { idempotencyKey, step, direction }: StepCall): StepOutcome {
		const known = this.applied.get(idempotencyKey);
		if (known) return known;
		// There may be nothing to undo: an attempt of which nobody knows the end is undone too.
		if (direction === 'do' || this.effects.includes(step)) this.effects.push(place);
		const outcome: StepOutcome = { as: 'succeeded', result: { place, number: this.effects.length } };
		this.applied.set(idempotencyKey, outcome);
		return outcome;
	}
}

export function refusal(code = 'http 402'): StepOutcome {
	return { as: 'failed', error: { code, message: `refused: ${code}` }, mayRetry: false, mayHaveHappened: false };
}

export function noConnection(): StepOutcome {
	const error = { code: 'connection', message: 'Nothing answers' };
	return { as: 'failed', error, mayRetry: true, mayHaveHappened: false };
}
