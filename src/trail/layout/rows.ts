/**
 * The order of nodes within their layers, and where each is from left to right.
 */
import { linksBy, type Link } from './layers';

/** More passes change nothing that a person would see. */
const PASSES = 12;

/** Sorts each row by the mean place of the neighbours, looking up and looking down in turn, so that few links cross. */
export function orderRows(rows: number[][], links: readonly Link[]): void {
	const neighbours = neighboursOf(links);
	const place = new Map<number, number>();
	const remember = (row: readonly number[]): void => {
		row.forEach((node, index) => place.set(node, (index + 0.5) / row.length));
	};
	rows.forEach(remember);
	for (let pass = 0; pass < PASSES; pass++) {
		const side = pass % 2 === 0 ? 'above' : 'below';
		for (const row of side === 'above' ? rows : [...rows].reverse()) {
			const wish = new Map(row.map((node) => [node, meanOf(neighbours[side](node), place) ?? place.get(node) ?? 0]));
			row.sort((one, other) => (wish.get(one) ?? 0) - (wish.get(other) ?? 0));
			remember(row);
		}
	}
}

/**
 * Moves each node towards its neighbours, as far as the others of its row leave room.
 *
 * @param widthOf with the space to the next one
 * @returns the middle of each node
 */
export function placeRows(
	rows: readonly (readonly number[])[],
	links: readonly Link[],
	widthOf: (node: number) => number,
): ReadonlyMap<number, number> {
	const neighbours = neighboursOf(links);
	const middles = new Map<number, number>();
	for (const row of rows) {
		let left = -row.reduce((sum, node) => sum + widthOf(node), 0) / 2;
		for (const node of row) {
			middles.set(node, left + widthOf(node) / 2);
			left += widthOf(node);
		}
	}
	for (let pass = 0; pass < PASSES; pass++) {
		const side = pass % 2 === 0 ? 'above' : 'below';
		for (const row of side === 'above' ? rows : [...rows].reverse()) {
			const wish = row.map((node) => meanOf(neighbours[side](node), middles) ?? middles.get(node) ?? 0);
			const distance = (index: number): number => {
				return (widthOf(row[index] ?? 0) + widthOf(row[index + 1] ?? 0)) / 2;
			};
			const pushedRight = [...wish];
			for (let index = 1; index < row.length; index++) {
				const least = (pushedRight[index - 1] ?? 0) + distance(index - 1);
				pushedRight[index] = Math.max(pushedRight[index] ?? 0, least);
			}
			const pushedLeft = [...wish];
			for (let index = row.length - 2; index >= 0; index--) {
				const most = (pushedLeft[index + 1] ?? 0) - distance(index);
				pushedLeft[index] = Math.min(pushedLeft[index] ?? 0, most);
			}
			// Both keep the distances, so what lies in the middle of them does too.
			row.forEach((node, index) => middles.set(node, ((pushedRight[index] ?? 0) + (pushedLeft[index] ?? 0)) / 2));
		}
	}
	return middles;
}

function neighboursOf(links: readonly Link[]) {
	const [to, from] = [linksBy(links, 'to'), linksBy(links, 'from')];
	return {
		above: (node: number) => (to.get(node) ?? []).map((link) => link.from),
		below: (node: number) => (from.get(node) ?? []).map((link) => link.to),
	};
}

function meanOf(nodes: readonly number[], places: ReadonlyMap<number, number>): number | undefined {
	if (nodes.length === 0) return undefined;
	return nodes.reduce((sum, node) => sum + (places.get(node) ?? 0), 0) / nodes.length;
}
