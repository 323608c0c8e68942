/**
 * Where services, types and the lines between them are on a flow map, in pixels: from top to bottom along the flow.
 *
 * Layers by the longest way; a line over several layers gets a place of its own in each, so that it runs between the boxes.
 */
import type { Consumer } from '../consumers';
import type { FlowMap } from '../flowMap';
import { layersOf, type Link } from './layers';
import { orderRows, placeRows } from './rows';

export interface MapLayout {
	readonly width: number;
	readonly height: number;
	readonly services: readonly Box[];
	readonly types: readonly Box[];
	/** As in the map. */
	readonly publishing: readonly Line[];
	/** As given. */
	readonly consuming: readonly Line[];
}

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface Point {
	readonly x: number;
	readonly y: number;
}

/** Pairs of points from the begin to the end: between two pairs the line may bend, within a pair it is straight down, or up. */
export type Line = readonly Point[];

const BOX = { width: 196, height: 42 };
const SPACE = { x: 24, y: 46, edge: 28 };
/** What a line that passes a layer takes of it: a latency may stand beside it. */
const PASSAGE = 48;

export function layoutOf(map: FlowMap, consumers: readonly Consumer[]): MapLayout {
	const first = map.services.length;
	const count = first + map.types.length;
	const links = [
		...map.publishing.map(({ service, type }) => ({ from: service, to: first + type })),
		...consumers.map(({ type, service }) => ({ from: first + type, to: service })),
	];
	const layers = [...layersOf(count, links)];
	const ways = links.map((link) => wayOf(link, layers));
	const steps = ways.flatMap((way) => stepsOf(way, layers));
	const rows: number[][] = [];
	layers.forEach((layer, node) => (rows[layer] ??= []).push(node));
	orderRows(rows, steps);
	const middles = placeRows(rows, steps, (node) => (node < count ? BOX.width + SPACE.x : PASSAGE));
	const left = Math.min(0, ...[...middles.values()].map((middle) => middle - BOX.width / 2));
	const boxes = layers.map((layer, node) => ({
		x: Math.round((middles.get(node) ?? 0) - BOX.width / 2 - left + SPACE.edge),
		y: SPACE.edge + layer * (BOX.height + SPACE.y),
		...BOX,
	}));
	const lines = ways.map((way) => lineOf(way, boxes));
	return {
		width: Math.max(0, ...boxes.map(({ x }) => x + BOX.width)) + SPACE.edge,
		height: 2 * SPACE.edge + rows.length * (BOX.height + SPACE.y) - SPACE.y,
		services: boxes.slice(0, first),
		types: boxes.slice(first, count),
		publishing: lines.slice(0, map.publishing.length),
		consuming: lines.slice(map.publishing.length),
	};
}

/** The nodes on the way of a link, with a new one in each layer that it passes. */
function wayOf({ from, to }: Link, layers: number[]): readonly number[] {
	const [start, end] = [layers[from] ?? 0, layers[to] ?? 0];
	const way = [from];
	const step = Math.sign(end - start);
	for (let layer = start + step; layer !== end && step !== 0; layer += step) {
		way.push(layers.length);
		layers.push(layer);
	}
	return [...way, to];
}

/** From each node of a way to the next one below. */
function stepsOf(way: readonly number[], layers: readonly number[]): Link[] {
	return way.slice(1).map((next, index) => {
		const node = way[index] ?? 0;
		return (layers[node] ?? 0) < (layers[next] ?? 0) ? { from: node, to: next } : { from: next, to: node };
	});
}

function lineOf(way: readonly number[], boxes: readonly Box[]): Line {
	const passed = way.flatMap((node) => {
		const box = boxes[node];
		return box ? [box] : [];
	});
	const [start, end] = [passed[0], passed.at(-1)];
	if (!start || !end) return [];
	const goesUp = end.y < start.y;
	const points = passed.flatMap((box) => {
		const x = box.x + box.width / 2;
		const [top, bottom] = [
			{ x, y: box.y },
			{ x, y: box.y + box.height },
		];
		return goesUp ? [bottom, top] : [top, bottom];
	});
	return points.slice(1, -1);
}
