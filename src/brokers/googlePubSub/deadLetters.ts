/**
 * Dead letters: a topic a source with a subscription a group, listed in the order in which they came and removed by id.
 */
import type { Address, CallOptions, DeadLetterPage, DeadLetterPort, Source } from '../../broker/types';
import type { PubSubLink } from './client';
import { isMissing } from './errors';
import { readFacts } from './labels';
import { byAge, LetterScan, type Letter } from './letterScan';
import { copiesText, sourceText, type Sources } from './sources';

type Of = Extract<Address, { kind: 'dead-letters' }>;

interface OfGroup {
	/** Of the subscription. */
	readonly path: string;
	readonly group: string;
	/** As it stands in the labels. */
	readonly source: string;
}

export class DeadLetters implements DeadLetterPort {
	private readonly scans = new Map<string, LetterScan>();

	constructor(
		private readonly link: PubSubLink,
		private readonly sources: Sources,
	) {}

	/** Never complete: Google does not say how many there are, and others may be looking at some. */
	async list(
		of: Of,
		{ after, limit }: { readonly after: string | null; readonly limit: number },
		options: CallOptions,
	): Promise<DeadLetterPage> {
		const paths = await this.pathsOf(of, options);
		const looks = await Promise.all(paths.map(async (path) => await this.look(path, after !== null, options)));
		const all = looks.flat().sort(byAge);
		const start = after === null ? 0 : all.findIndex((letter) => positionOf(letter) > after);
		const shown = start < 0 ? [] : all.slice(start, start + limit);
		const last = shown.at(-1);
		const isMore = start >= 0 && start + limit < all.length && last !== undefined;
		return {
			items: shown.map(({ id, message }) => ({ id, message })),
			next: isMore ? positionOf(last) : null,
			complete: false,
		};
	}

	async remove(of: Of, ids: readonly string[], options: CallOptions): Promise<number> {
		const removed = await Promise.all(
			(await this.pathsOf(of, options)).map(async (path) => await this.scanOf(path).remove(ids, options)),
		);
		return removed.reduce((sum, count) => sum + count, 0);
	}

	/** The subscriptions with dead letters of a source, and whose they are. */
	async ofSource(of: Source, options: CallOptions): Promise<readonly OfGroup[]> {
		const found = await this.subscriptionsOf(of, options);
		return found.filter(({ source, group }) => source === copiesText({ kind: 'dead-letters', of, group }));
	}

	/** The groups that listen to dead letters of a source, and where they do. */
	async listenersOf(of: Source, options: CallOptions): Promise<readonly (OfGroup & { readonly from: Of })[]> {
		const found = await this.subscriptionsOf(of, options);
		const every = sourceText({ kind: 'dead-letters', of, group: null });
		const ofGroup = `${every} group `;
		return found.flatMap((one) => {
			const isListener = one.source === every || one.source.startsWith(ofGroup);
			const group = one.source === every ? null : one.source.slice(ofGroup.length);
			return isListener ? [{ ...one, from: { kind: 'dead-letters', of, group } as const }] : [];
		});
	}

	/** What was looked at is gone. */
	forget(path: string): void {
		this.scans.delete(path);
	}

	/** Gives back what is being looked at. */
	async close(): Promise<void> {
		await Promise.all([...this.scans.values()].map(async (scan) => await scan.end().catch(() => undefined)));
	}

	private async subscriptionsOf(of: Source, options: CallOptions): Promise<readonly OfGroup[]> {
		const { resources } = this.sources;
		const paths = await resources.subscriptionsOf(this.sources.deadLetterTopic(of), options);
		const found = await Promise.all(
			paths.map(async (path) => {
				const facts = readFacts((await resources.find(path, options))?.labels ?? {});
				return facts ? [{ path, group: facts.group, source: facts.source }] : [];
			}),
		);
		return found.flat();
	}

	private async pathsOf({ of, group }: Of, options: CallOptions): Promise<readonly string[]> {
		if (group !== null) return [this.sources.deadLetterSubscription(of, group)];
		return (await this.ofSource(of, options)).map(({ path }) => path);
	}

	private async look(path: string, isNextPage: boolean, options: CallOptions): Promise<readonly Letter[]> {
		const scan = this.scanOf(path);
		try {
			return isNextPage ? await scan.again(options) : await scan.look(options);
		} catch (error) {
			if (!isMissing(error)) throw error;
			this.scans.delete(path);
			return [];
		}
	}

	private scanOf(path: string): LetterScan {
		const scan = this.scans.get(path) ?? new LetterScan(this.link, path);
		this.scans.set(path, scan);
		return scan;
	}
}

/** Comparable as text. */
function positionOf({ storedAt, id }: Letter): string {
	return `${storedAt}:${id}`;
}
