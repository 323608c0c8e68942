import type { Environment } from './defaultConnection';
import { readTrailSettings } from './trailSettings';

const DAY_MS = 86_400_000;

function read(environment: Environment) {
	const { isOn, recorder, warnings } = readTrailSettings(environment);
	const { policy, retentionMs, maxBytes } = recorder;
	return {
		isOn,
		days: retentionMs / DAY_MS,
		megabytes: maxBytes / 2 ** 20,
		payloads: policy.payloads,
		redact: policy.redact.map((path) => path.join('.')),
		warnings: warnings.length,
	};
}

const USUAL = { isOn: true, days: 7, megabytes: 256, payloads: 'all', redact: [], warnings: 0 };

describe('settings of the event trail', () => {
	it.each<[Environment, Partial<ReturnType<typeof read>>]>([
		[{}, {}],
		[{ EVENT_BUS_TRAIL: '' }, {}],
		[{ EVENT_BUS_TRAIL: ' ON ' }, {}],
		[{ EVENT_BUS_TRAIL: 'true' }, {}],
		[{ EVENT_BUS_TRAIL: 'off' }, { isOn: false }],
		[{ EVENT_BUS_TRAIL: 'False' }, { isOn: false }],
		[{ EVENT_BUS_TRAIL: 'maybe' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_DAYS: '30' }, { days: 30 }],
		[{ EVENT_BUS_TRAIL_DAYS: '1.5' }, { days: 1.5 }],
		[{ EVENT_BUS_TRAIL_DAYS: '0' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_DAYS: '-1' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_DAYS: 'Infinity' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_DAYS: 'a week' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_MEGABYTES: '2048' }, { megabytes: 2048 }],
		[{ EVENT_BUS_TRAIL_MEGABYTES: '1 GB' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_MEGABYTES: '0' }, { warnings: 1 }],
		[{ EVENT_BUS_TRAIL_PAYLOADS: 'all' }, {}],
		[{ EVENT_BUS_TRAIL_PAYLOADS: 'None' }, { payloads: 'none' }],
		// What was meant to be kept secret stays secret.
		[{ EVENT_BUS_TRAIL_PAYLOADS: 'noen' }, { payloads: 'none', warnings: 1 }],
		[{ EVENT_BUS_TRAIL_REDACT: 'customer.email,card.*' }, { redact: ['customer.email', 'card.*'] }],
		[{ EVENT_BUS_TRAIL_REDACT: ' customer.email , ,card.* ,' }, { redact: ['customer.email', 'card.*'] }],
		[{ EVENT_BUS_TRAIL_REDACT: 'customer..email,card.*' }, { payloads: 'none', warnings: 1 }],
		[{ EVENT_BUS_TRAIL_REDACT: '__proto__.x' }, { payloads: 'none', warnings: 1 }],
		[
			{ EVENT_BUS_TRAIL: 'x', EVENT_BUS_TRAIL_DAYS: 'x', EVENT_BUS_TRAIL_PAYLOADS: 'x', EVENT_BUS_TRAIL_REDACT: '.' },
			{ payloads: 'none', warnings: 4 },
		],
	])('%j', (environment, expected) => {
		expect(read(environment)).toEqual({ ...USUAL, ...expected });
	});

	it('says which value is wrong and what to write', () => {
		expect(readTrailSettings({ EVENT_BUS_TRAIL_DAYS: 'a week' }).warnings).toEqual([
			'EVENT_BUS_TRAIL_DAYS=a week is not understood: use a number of days from 1 to 3650; it is 7',
		]);
		expect(readTrailSettings({ EVENT_BUS_TRAIL_REDACT: 'a..b' }).warnings[0]).toContain('no payload is kept');
	});
});
