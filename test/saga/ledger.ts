/**
 * What may be recorded of a saga, told once more without the engine: looks at facts alone, and throws where one of them
 * must not follow on those before it.
 */
import assert from 'node:assert/strict';
import type { SagaDefinition, SagaStep } from '../../src/saga/definition';
import { type Attempt, isOutcome, type Outcome, type SagaFact } from '../../src/saga/facts';

interface Entry {
	attempts: number;
	failures: number;
	/** Whether an attempt is under way, or waits to be made again. */
	isOpen: boolean;
	isInFlight: boolean;
	mayHaveHappened: boolean;
	end: 'succeeded' | 'failed' | null;
}

export class Ledger {
	/** In the order in which they ended. */
	readonly effects: string[] = [];
	/** In the order in which it succeeded. */
	readonly undone: string[] = [];
	outcome: Outcome | null = null;
	private readonly entries = new Map<string, { readonly do: Entry; readonly undo: Entry }>();
	private turnedBackBy: 'failure' | 'cancel' | null = null;

	constructor(private readonly definition: SagaDefinition) {
		for (const { name } of definition.steps) this.entries.set(name, { do: untouched(), undo: untouched() });
	}

	/** @throws AssertionError */
	add(fact: SagaFact): void {
		assert.ok(this.outcome === null || fact.kind === 'resumed', `${fact.kind} after the end`);
		switch (fact.kind) {
			case 'started':
				assert.fail('started twice');
			case 'sent':
				this.sent(fact);
				break;
			case 'published':
				assert.ok(this.of(fact).isInFlight);
				break;
			case 'interrupted':
				Object.assign(this.current(fact), { isInFlight: false, mayHaveHappened: true });
				break;
			case 'retried': {
				const entry = this.current(fact);
				entry.failures += 1;
				entry.mayHaveHappened ||= fact.mayHaveHappened;
				entry.isInFlight = false;
				assert.ok(entry.failures < this.step(fact.step).retry.maxAttempts, 'more attempts than allowed');
				break;
			}
			case 'succeeded':
				this.end(this.current(fact), 'succeeded');
				if (fact.direction === 'do') this.addEffect(fact.step);
				else this.undone.push(fact.step);
				break;
			case 'failed':
				this.failed(fact);
				break;
			case 'undo-prepared':
				assert.ok(this.of({ step: fact.step, direction: 'do' }).end !== null || this.outcome === null);
				break;
			case 'cancel-requested':
				assert.ok(!this.isPastNoReturn, 'cancelled past the point of no return');
				this.turnedBackBy ??= 'cancel';
				break;
			case 'resumed':
				this.resumed();
				break;
			default:
				this.ended(fact.kind);
		}
	}

	private get isPastNoReturn(): boolean {
		return this.definition.steps.some(({ name, pointOfNoReturn, undo }) => {
			const { end, mayHaveHappened } = this.of({ step: name, direction: 'do' });
			return pointOfNoReturn && (end === 'succeeded' || (end === 'failed' && mayHaveHappened && undo === null));
		});
	}

	private sent({ step, direction, attempt }: Attempt): void {
		const entry = this.of({ step, direction });
		assert.equal(entry.end, null, `${direction} ${step} is sent though it has ended`);
		assert.ok(!entry.isInFlight, `${direction} ${step} is sent twice at once`);
		assert.equal(attempt, entry.attempts + 1);
		if (direction === 'do') {
			for (const name of this.step(step).after) {
				assert.equal(
					this.of({ step: name, direction: 'do' }).end,
					'succeeded',
					`${step} is sent before ${name} has ended`,
				);
			}
			assert.ok(this.turnedBackBy === null || this.isPastNoReturn, `${step} is sent by a saga that goes back`);
		} else {
			this.checkUndoing(step);
		}
		Object.assign(entry, { attempts: attempt, isOpen: true, isInFlight: true });
	}

	private checkUndoing(step: string): void {
		assert.ok(this.effects.includes(step), `${step} is undone, and had no effect`);
		assert.ok(this.step(step).undo !== null, `${step} is undone, and has no undo`);
		assert.ok(this.turnedBackBy !== null, `${step} is undone by a saga that goes forward`);
		assert.ok(!this.isPastNoReturn, `${step} is undone after the point of no return`);
		for (const [name, its] of this.entries) {
			assert.ok(!its.do.isOpen, `${step} is undone while ${name} is under way`);
			assert.ok(!its.undo.isInFlight, `${step} is undone while ${name} is`);
		}
		for (const later of this.effects.slice(this.effects.indexOf(step) + 1)) {
			const mustBeDone = this.step(later).undo !== null;
			assert.ok(
				!mustBeDone || this.of({ step: later, direction: 'undo' }).end !== null,
				`${step} is undone before ${later}`,
			);
		}
	}

	private failed(fact: SagaFact & { readonly kind: 'failed' }): void {
		const entry = this.of(fact);
		assert.equal(entry.end, null);
		entry.mayHaveHappened ||= fact.mayHaveHappened;
		this.end(entry, 'failed');
		if (fact.direction === 'undo') return;
		this.turnedBackBy ??= 'failure';
		if (entry.mayHaveHappened) this.addEffect(fact.step);
	}

	private resumed(): void {
		assert.equal(this.outcome, 'stuck', 'resumed what was not stuck');
		this.outcome = null;
		const isForward = this.isPastNoReturn;
		for (const its of this.entries.values()) {
			const entry = isForward ? its.do : its.undo;
			if (entry.end === 'failed') Object.assign(entry, { end: null, failures: 0, isOpen: entry.attempts > 0 });
		}
		if (isForward) this.turnedBackBy = null;
	}

	private ended(outcome: Outcome): void {
		this.outcome = outcome;
		const all = [...this.entries];
		assert.ok(
			all.every(([, its]) => !its.do.isOpen && !its.undo.isOpen),
			'ended while something is under way',
		);
		const left = this.effects.filter((name) => this.step(name).undo !== null && !this.undone.includes(name));
		switch (outcome) {
			case 'completed':
				assert.ok(
					all.every(([, its]) => its.do.end === 'succeeded'),
					'completed without all steps',
				);
				assert.deepEqual(this.undone, []);
				break;
			case 'compensated':
			case 'cancelled':
				assert.deepEqual(left, [], `${outcome}, and not all is undone`);
				assert.equal(outcome === 'cancelled', this.turnedBackBy === 'cancel');
				break;
			case 'stuck':
				assert.ok(this.isPastNoReturn || left.length > 0, 'stuck without need');
		}
	}

	private addEffect(step: string): void {
		const known = this.effects.indexOf(step);
		if (known >= 0) this.effects.splice(known, 1);
		this.effects.push(step);
	}

	/** Of the newest attempt, which has not ended. */
	private current(attempt: Attempt): Entry {
		const entry = this.of(attempt);
		assert.equal(attempt.attempt, entry.attempts, `${attempt.step} ends an attempt that is over`);
		assert.ok(entry.isOpen && entry.end === null, `${attempt.direction} ${attempt.step} ends twice`);
		return entry;
	}

	private end(entry: Entry, end: 'succeeded' | 'failed'): void {
		Object.assign(entry, { isOpen: false, isInFlight: false, end });
	}

	private of({ step, direction }: Pick<Attempt, 'step' | 'direction'>): Entry {
		const its = this.entries.get(step);
		assert.ok(its, `there is no step ${step}`);
		return its[direction];
	}

	private step(name: string): SagaStep {
		const found = this.definition.steps.find((one) => one.name === name);
		assert.ok(found, `there is no step ${name}`);
		return found;
	}
}

/** @throws AssertionError when a saga could not have come to these facts; the first is `started` */
export function checkFacts(definition: SagaDefinition, facts: readonly SagaFact[]): Ledger {
	const ledger = new Ledger(definition);
	for (const fact of facts) if (fact.kind !== 'started') ledger.add(fact);
	return ledger;
}

/** The facts of an ended saga end with it. */
export function outcomeIn(facts: readonly SagaFact[]): Outcome | null {
	const last = facts.at(-1)?.kind ?? '';
	return isOutcome(last) ? last : null;
}

function untouched(): Entry {
	return { attempts: 0, failures: 0, isOpen: false, isInFlight: false, mayHaveHappened: false, end: null };
}
