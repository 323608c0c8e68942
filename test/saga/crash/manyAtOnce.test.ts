/**
 * 500 orders, every tenth declined, two runners that compete for them, and one of the two killed in the middle.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { assertSame } from '../../conformance/same';
import { times, until } from '../../conformance/waiting';
import { Child } from '../../store/crash/child';
import { makeSqlitePlace } from '../../store/sqliteUnderTest';
import { chain, step } from '../definitions';
import { checkFacts } from '../ledger';
import { call, openEngine, SagaProcess } from '../rig';
import { Services } from '../services';
import type { RunnerBrief, RunnerReport } from './runnerProcess';
import { type Declines, Shop } from './shop';

const SAGAS = 500;
const STOCK = 1000;
/** Sagas that one runner looks after at once. */
const WIDTH = 25;
const LEASE_MS = 2000;
/** The first of the two runners dies when so many have ended. */
const DIES_AFTER = 150;
const ENDS_WITHIN_MS = 150_000;

const definition = chain(step('reserve'), step('charge'), step('ship'));
const ids = times(SAGAS, (n) => `order/${n}`);

function declines(sagaId: string): Declines {
	const number = Number(sagaId.split('/')[1]);
	if (number % 20 === 3) return 'the charge';
	return number % 20 === 13 ? 'the shipment' : 'nothing';
}

it(
	'500 sagas at once: all end, and the books of the services are right',
	async () => {
		const place = await makeSqlitePlace();
		await using stack = new AsyncDisposableStack();
		stack.defer(async () => await place.remove());
		const shop = stack.use(await Shop.open(STOCK, declines));
		const engine = stack.use(await openEngine(place.url));
		const observer = new SagaProcess(engine, new Services());
		const runner = (order: readonly string[]) => {
			const sagas = order.map((id) => ({ id, input: { id } }));
			const its = { storeUrl: place.url, serviceUrl: shop.url, definition, sagas, dies: null };
			const brief: RunnerBrief = { ...its, width: WIDTH, leaseMs: LEASE_MS };
			return stack.use(new Child<RunnerReport>(join(__dirname, 'runnerProcess.js'), brief));
		};
		const endedBy = (child: Child<RunnerReport>) => child.reports.filter(({ kind }) => kind === 'ended').length;

		// They begin at the two ends, and meet.
		const first = runner(ids);
		const second = runner(ids.toReversed());
		await until('many have ended', () => endedBy(first) + endedBy(second) >= DIES_AFTER, ENDS_WITHIN_MS);
		await first.kill();
		assert.ok(endedBy(first) > 0 && endedBy(first) < SAGAS);
		assert.equal(await second.ended(ENDS_WITHIN_MS), 0);

		const entries = await observer.journal.list({}, SAGAS + 1, call());
		const count = (status: string) => entries.filter((entry) => entry.status === status).length;
		assertSame([entries.length, count('completed'), count('compensated')], [SAGAS, 450, 50]);
		assertSame(await observer.due(), []);
		assertSame(shop.books, {
			stock: STOCK - 450,
			reserved: 450,
			charged: 450,
			refunded: 25,
			shipped: 450,
			violations: [],
		});
		for (const id of ids) {
			assert.equal(shop.standOf(id), declines(id) === 'nothing' ? 'reserved, charged, shipped' : '');
			checkFacts(definition, await observer.facts(id));
			assert.equal(await observer.isFree(id), true);
		}
	},
	ENDS_WITHIN_MS,
);
