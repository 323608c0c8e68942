/**
 * What the flow map does when it is used. Runs in the browser, as it is written here: every text goes in as text, never as HTML.
 */
(() => {
	const shown = JSON.parse(document.getElementById('map').textContent);
	const plot = document.querySelector('.map-plot');
	if (!plot) return;

	const filter = document.getElementById('filter');
	const panel = document.getElementById('chosen');
	const byKey = new Map(shown.map((node) => [node.key, node]));
	const nodes = [...plot.querySelectorAll('.node')].sort(
		(one, other) => placeOf(one).y - placeOf(other).y || placeOf(one).x - placeOf(other).x,
	);
	const edges = [...plot.querySelectorAll('.edge')];
	let chosen;
	const DIRECTIONS = {
		ArrowRight: { x: 1, y: 0 },
		ArrowLeft: { x: -1, y: 0 },
		ArrowDown: { x: 0, y: 1 },
		ArrowUp: { x: 0, y: -1 },
	};

	nodes[0].setAttribute('tabindex', '0');

	function placeOf(node) {
		const { x, y } = node.querySelector('rect');
		return { x: x.baseVal.value, y: y.baseVal.value };
	}

	function nodeOf(key) {
		return nodes.find((node) => node.dataset.node === key);
	}

	function endsOf(edge) {
		return edge.dataset.ends.split(' ');
	}

	/* Choosing */

	function choose(key) {
		chosen = key;
		for (const node of nodes) node.classList.toggle('chosen', node.dataset.node === key);
		for (const edge of edges) edge.classList.toggle('chosen', endsOf(edge).includes(key));
		roveTo(nodeOf(key));
		show(byKey.get(key));
		if (filter.value === '') dim(neighbours(key));
	}

	function neighbours(key) {
		const near = new Set([key]);
		for (const edge of edges) if (endsOf(edge).includes(key)) for (const end of endsOf(edge)) near.add(end);
		return near;
	}

	/** @param keys what stays as it is; null: everything */
	function dim(keys, touching = true) {
		plot.classList.toggle('dimmed', keys !== null);
		for (const node of nodes) node.classList.toggle('match', keys?.has(node.dataset.node) ?? true);
		for (const edge of edges) {
			const ends = endsOf(edge);
			edge.classList.toggle('match', touching ? ends.includes(chosen) : ends.some((end) => keys?.has(end) ?? true));
		}
	}

	function clear() {
		chosen = undefined;
		for (const part of [...nodes, ...edges]) part.classList.remove('chosen');
		panel.replaceChildren();
		dim(null);
	}

	function roveTo(node) {
		for (const other of nodes) if (other !== node) other.setAttribute('tabindex', '-1');
		node.setAttribute('tabindex', '0');
	}

	/* What is told of the chosen one */

	function element(name, attributes, ...children) {
		const made = document.createElement(name);
		for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
		made.append(...children.filter((child) => child !== null));
		return made;
	}

	function show({ name, kind, facts, incoming, outgoing }) {
		const isService = kind === 'Service';
		const list = element('dl', { class: 'facts' });
		for (const [what, value] of facts)
			list.append(element('dt', {}, what), element('dd', {}, element('bdi', {}, value)));
		panel.replaceChildren(
			element('div', {}, element('small', {}, kind), element('h2', {}, element('bdi', {}, name))),
			list,
			links(isService ? 'Consumes' : 'Published by', incoming),
			links(isService ? 'Publishes' : 'Consumed by', outgoing),
		);
	}

	function links(title, given) {
		const items = given.map(({ key, name, note }) => {
			const button = element('button', { type: 'button', class: 'jump' }, element('bdi', {}, name));
			button.addEventListener('click', () => focusOn(key));
			return element('li', {}, button, note === '' ? null : element('small', {}, note));
		});
		const list = items.length === 0 ? element('small', {}, 'nothing') : element('ul', {}, ...items);
		return element('section', {}, element('h3', {}, title), list);
	}

	function focusOn(key) {
		choose(key);
		nodeOf(key).focus();
	}

	/* Size */

	const scroll = plot.parentElement;
	const fit = document.getElementById('fit');

	function setFit(on) {
		fit.setAttribute('aria-pressed', String(on));
		plot.classList.toggle('fit', on);
		scroll.scrollLeft = (scroll.scrollWidth - scroll.clientWidth) / 2;
	}
	const { width, height } = plot.viewBox.baseVal;
	const scale = Math.min(scroll.clientWidth / width, scroll.clientHeight / height);
	// Smaller than this its names are hard to read.
	setFit(scale < 1 && scale > 0.7);
	fit.addEventListener('click', () => setFit(fit.getAttribute('aria-pressed') !== 'true'));

	/* Filter */

	function applyFilter() {
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		if (words.length === 0) {
			dim(chosen === undefined ? null : neighbours(chosen));
			document.getElementById('status').textContent = '';
			return;
		}
		const fitting = shown.filter(({ name, facts }) => {
			const text = `${name} ${facts.flat().join(' ')}`.toLowerCase();
			return words.every((word) => text.includes(word));
		});
		dim(new Set(fitting.map(({ key }) => key)), false);
		document.getElementById('status').textContent = `${fitting.length} of ${shown.length} services and types`;
	}
	filter.addEventListener('input', applyFilter);

	/* Mouse and keys */

	plot.addEventListener('click', (click) => {
		const node = click.target.closest('.node');
		if (node && node.dataset.node !== chosen) choose(node.dataset.node);
		else clear();
	});
	plot.addEventListener('keydown', (key) => {
		const node = key.target.closest('.node');
		if (!node || key.ctrlKey || key.metaKey || key.altKey) return;
		if (key.key === 'Enter' || key.key === ' ') choose(node.dataset.node);
		else if (key.key in DIRECTIONS) closest(node, DIRECTIONS[key.key])?.focus();
		else return;
		key.preventDefault();
	});
	plot.addEventListener('focusin', ({ target }) => roveTo(target.closest('.node')));

	/** The node that is next in a direction; one that lies aside counts as further away. */
	function closest(node, { x, y }) {
		const from = placeOf(node);
		const ways = nodes
			.map((other) => {
				const to = placeOf(other);
				const ahead = (to.x - from.x) * x + (to.y - from.y) * y;
				const aside = Math.abs((to.x - from.x) * y + (to.y - from.y) * x);
				return { other, ahead, far: ahead + 3 * aside };
			})
			.filter(({ ahead }) => ahead > 0);
		return ways.sort((one, another) => one.far - another.far)[0]?.other;
	}

	document.addEventListener('keydown', (key) => {
		if (key.key === '/' && key.target !== filter) {
			key.preventDefault();
			filter.focus();
		} else if (key.key === 'Escape') {
			filter.value = '';
			applyFilter();
			clear();
		}
	});
})();
