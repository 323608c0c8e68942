/**
 * Where services and types stand on a flow map, in pixels: columns from left to right along the arrows.
 *
 * Layers by the longest way from a beginning, where arrows that close a cycle are left out; then each column is put in the order of its
 * neighbours, a few times to and fro, so that few arrows cross.
 */
import { consumersOf } from './consumers';
import type { FlowMap } from './flowMap';

export interface MapLayout {
	readonly width: number;
	readonly height: number;
	readonly services: readonly Box[];
	readonly types: readonly Box[];
}

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

const BOX = { width: 204, height: 44 };
const SPACE = { x: 84, y: 18, edge: 28 };
/** More do not change anything a person would see. */
const SWEEPS = 8;

interface Link {
	readonly from: number;
	readonly to: number;
}

export function layoutOf(map: FlowMap): MapLayout {
	const count = map.services.length + map.types.length;
	const links = linksOf(map);
	const layers = layersOf(count, links);
	const columns = columnsOf(layers);
	orderColumns(columns, links, count);
	const tallest = Math.max(0, ...columns.map((column) => column.length));
	const heightOf = (rows: number): number => rows * (BOX.height + SPACE.y) - SPACE.y;
	const boxes: Box[] = [];
	columns.forEach((column, layer) => {
		const top = SPACE.edge + (heightOf(tallest) - heightOf(column.length)) / 2;
		column.forEach((node, row) => {
			boxes[node] = {
				x: SPACE.edge + layer * (BOX.width + SPACE.x),
				y: top + row * (BOX.height + SPACE.y),
				...BOX,
			};
		});
	});
	return {
		width: 2 * SPACE.edge + columns.length * (BOX.width + SPACE.x) - SPACE.x,
		height: 2 * SPACE.edge + heightOf(tallest),
		services: boxes.slice(0, map.services.length),
		types: boxes.slice(map.services.length),
	};
}

/** Services come first among the nodes, then types. */
function linksOf(map: FlowMap): Link[] {
	const first = map.services.length;
	return [
		...map.publishing.map(({ service, type }) => ({ from: service, to: first + type })),
		...consumersOf(map).map(({ type, service }) => ({ from: first + type, to: service })),
	];
}

/** The longest way to each node. */
function layersOf(count: number, links: readonly Link[]): number[] {
	const forward = withoutBackLinks(count, links);
	const layers = new Array<number>(count).fill(0);
	const waiting = new Array<number>(count).fill(0);
	for (const { to } of forward) waiting[to] = (waiting[to] ?? 0) + 1;
	const after = groupBy(forward, ({ from }) => from);
	const ready = [...layers.keys()].filter((node) => waiting[node] === 0);
	for (const node of ready) {
		for (const { to } of after.get(node) ?? []) {
			layers[to] = Math.max(layers[to] ?? 0, (layers[node] ?? 0) + 1);
			waiting[to] = (waiting[to] ?? 0) - 1;
			if (waiting[to] === 0) ready.push(to);
		}
	}
	return layers;
}

/** Depth first, beginning with what nothing leads to: a link to a node that is still being walked closes a cycle. */
function withoutBackLinks(count: number, links: readonly Link[]): Link[] {
	const after = groupBy(links, ({ from }) => from);
	const hasBefore = new Set(links.map(({ to }) => to));
	const starts = [...Array(count).keys()].sort(
		(one, other) => Number(hasBefore.has(one)) - Number(hasBefore.has(other)),
	);
	const state = new Map<number, 'open' | 'done'>();
	const forward: Link[] = [];
	for (const start of starts) {
		if (state.has(start)) continue;
		const path = [{ node: start, rest: [...(after.get(start) ?? [])] }];
		state.set(start, 'open');
		for (let top = path.at(-1); top; top = path.at(-1)) {
			const link = top.rest.shift();
			if (!link) {
				state.set(top.node, 'done');
				path.pop();
			} else if (state.get(link.to) !== 'open') {
				forward.push(link);
				if (!state.has(link.to)) {
					state.set(link.to, 'open');
					path.push({ node: link.to, rest: [...(after.get(link.to) ?? [])] });
				}
			}
		}
	}
	return forward;
}

function columnsOf(layers: readonly number[]): number[][] {
	const columns: number[][] = [];
	layers.forEach((layer, node) => (columns[layer] ??= []).push(node));
	return columns;
}

/** By the mean place of the neighbours, once looking left and once looking right. */
function orderColumns(columns: number[][], links: readonly Link[], count: number): void {
	const before = groupBy(links, ({ to }) => to);
	const after = groupBy(links, ({ from }) => from);
	const place = new Array<number>(count).fill(0);
	const remember = (column: readonly number[]): void => {
		column.forEach((node, row) => (place[node] = row - column.length / 2));
	};
	columns.forEach(remember);
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		const leftwards = sweep % 2 === 1;
		for (const column of leftwards ? [...columns].reverse() : columns) {
			const wish = new Map(
				column.map((node) => {
					const neighbours = leftwards
						? (after.get(node) ?? []).map(({ to }) => to)
						: (before.get(node) ?? []).map(({ from }) => from);
					return [node, mean(neighbours.map((neighbour) => place[neighbour] ?? 0)) ?? place[node] ?? 0];
				}),
			);
			column.sort((one, other) => (wish.get(one) ?? 0) - (wish.get(other) ?? 0));
			remember(column);
		}
	}
}

function mean(numbers: readonly number[]): number | undefined {
	return numbers.length === 0 ? undefined : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function groupBy(links: readonly Link[], key: (link: Link) => number): ReadonlyMap<number, Link[]> {
	const groups = new Map<number, Link[]>();
	for (const link of links) {
		const known = groups.get(key(link));
		if (known) known.push(link);
		else groups.set(key(link), [link]);
	}
	return groups;
}
