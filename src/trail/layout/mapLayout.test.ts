import { consumption, orderFlows, publication } from '../../../test/trail/flows';
import { hostileFlows } from '../../../test/trail/hostile';
import { consumersOf } from '../consumers';
import { flowMapOf } from '../flowMap';
import type { Flows } from '../types';
import { layersOf } from './layers';
import { layoutOf, type Box } from './mapLayout';

describe('layers', () => {
	const links = (text: string) =>
		text
			.split(' ')
			.filter(Boolean)
			.map(([from = '', to = '']) => ({ from: +from, to: +to }));

	it.each([
		['', [0, 0, 0, 0]],
		['01 12 23', [0, 1, 2, 3]],
		['03 01 12 23', [0, 1, 2, 3]],
		['01 12 20', [0, 1, 2, 0]],
		['30 01', [1, 2, 0, 0]],
		['00', [0, 0, 0, 0]],
	])('of %j are %j', (text, expected) => expect(layersOf(4, links(text))).toEqual(expected));
});

const WIDE: Flows = {
	publications: Array.from({ length: 40 }, (_, index) => publication(`p${index % 7}`, `t${index}`)),
	consumptions: Array.from({ length: 60 }, (_, index) => consumption(`c${index % 9}`, `t${index % 40}`)),
	causations: [],
};

describe.each([
	['orders', orderFlows()],
	['forty types', WIDE],
	['hostile texts', hostileFlows()],
	['nothing', { publications: [], consumptions: [], causations: [] }],
])('the layout of %s', (_name, flows) => {
	const map = flowMapOf(flows);
	const consumers = consumersOf(map);
	const layout = layoutOf(map, consumers);
	const boxes = [...layout.services, ...layout.types];

	it('puts no box upon another, and all into the picture', () => {
		const overlaps = (one: Box, other: Box): boolean => {
			return one !== other && one.y === other.y && Math.abs(one.x - other.x) < one.width;
		};
		expect(boxes.filter((one) => boxes.some((other) => overlaps(one, other)))).toEqual([]);
		for (const { x, y, width, height } of boxes) {
			expect(x).toBeGreaterThanOrEqual(0);
			expect(x + width).toBeLessThanOrEqual(layout.width);
			expect(y + height).toBeLessThanOrEqual(layout.height);
		}
	});

	it('draws each line from box to box', () => {
		map.publishing.forEach(({ service, type }, place) => {
			expectEnds(layout.publishing[place], layout.services[service], layout.types[type]);
		});
		consumers.forEach(({ service, type }, place) => {
			expectEnds(layout.consuming[place], layout.types[type], layout.services[service]);
		});
	});

	function expectEnds(line: readonly { x: number }[] | undefined, from: Box | undefined, to: Box | undefined): void {
		expect(line?.length).toBeGreaterThanOrEqual(2);
		expect(line?.[0]?.x).toBe((from?.x ?? 0) + (from?.width ?? 0) / 2);
		expect(line?.at(-1)?.x).toBe((to?.x ?? 0) + (to?.width ?? 0) / 2);
	}
});
