/**
 * What the trail page does when it is used. Runs in the browser, as it is written here: every text goes in as text, never as HTML.
 */
(() => {
	const island = document.getElementById('events');
	const events = JSON.parse(island.textContent);
	const details = document.getElementById('details');
	if (!details) return;

	const filter = document.getElementById('filter');
	const plot = document.querySelector('.plot');
	const list = document.querySelector('.rows');
	const rows = [...document.querySelectorAll('.row[data-event]')];
	const marks = [];
	for (const mark of document.querySelectorAll('.mark[data-event]')) marks[mark.dataset.event] = mark;
	const inTime = marks.map((_, place) => place).sort((one, other) => left(one) - left(other));
	const drawn = new Map();
	for (const part of document.querySelectorAll('[data-of]')) {
		const known = drawn.get(part.dataset.of);
		if (known) known.push(part);
		else drawn.set(part.dataset.of, [part]);
	}
	const closed = new Set();
	let texts;
	let matching = events.map(() => true);
	let chosen = -1;

	marks[inTime[0]]?.setAttribute('tabindex', '0');

	function left(place) {
		return Number(marks[place].firstElementChild.getAttribute('x'));
	}

	/* Choosing */

	function choose(place, { scroll = true } = {}) {
		if (chosen >= 0) highlight(chosen, false);
		chosen = place;
		highlight(place, true);
		roveTo(rows, rows[place]);
		roveTo(marks, marks[place]);
		if (scroll) {
			openParents(place);
			rows[place].scrollIntoView({ block: 'nearest' });
			showMark(place);
		}
		show(events[place]);
	}

	function highlight(place, on) {
		rows[place].setAttribute('aria-selected', String(on));
		for (const part of [marks[place], ...(drawn.get(String(place)) ?? [])]) part.classList.toggle('chosen', on);
	}

	/** One stop for the Tab key in each of the two views. */
	function roveTo(all, one) {
		for (const other of all) if (other.tabIndex === 0 && other !== one) other.setAttribute('tabindex', '-1');
		one.setAttribute('tabindex', '0');
	}

	/** The names of the lanes lie over the left of the plot. */
	function showMark(place) {
		const chart = plot.parentElement;
		const names = chart.querySelector('.names').offsetWidth;
		const x = left(place);
		const from = chart.scrollLeft;
		const room = chart.clientWidth - names;
		if (x < from + 20 || x > from + room - 160) chart.scrollLeft = Math.max(0, x - room / 3);
		marks[place].scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}

	/* The tree */

	function openParents(place) {
		let opened = false;
		for (let above = events[place].cause; above >= 0; above = events[above].cause)
			opened = closed.delete(above) || opened;
		if (opened) showRows();
	}

	function toggle(place, open) {
		if (!rows[place].hasAttribute('aria-expanded')) return;
		if (open) closed.delete(place);
		else closed.add(place);
		showRows();
	}

	function showRows() {
		let hiddenBelow = Infinity;
		let visible = 0;
		rows.forEach((row, place) => {
			const depth = Number(row.dataset.depth);
			if (depth <= hiddenBelow) hiddenBelow = Infinity;
			const shown = matching[place] && hiddenBelow === Infinity;
			row.hidden = !shown;
			if (shown) visible++;
			const isClosed = closed.has(place);
			if (row.hasAttribute('aria-expanded')) row.setAttribute('aria-expanded', String(!isClosed));
			if (isClosed && hiddenBelow === Infinity) hiddenBelow = depth;
		});
		document.getElementById('nothing').hidden = visible > 0;
		return visible;
	}

	/* Filtering */

	const only = new Set();

	function applyFilter() {
		texts ??= events.map(textOf);
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		matching = events.map((event, place) => words.every((word) => texts[place].includes(word)) && passes(event));
		const filtered = words.length > 0 || only.size > 0;
		if (filtered) closed.clear();
		plot.classList.toggle('filtered', filtered);
		list.classList.toggle('flat', filtered);
		marks.forEach((mark, place) => {
			for (const part of [mark, ...(drawn.get(String(place)) ?? [])]) part.classList.toggle('match', matching[place]);
		});
		const visible = showRows();
		const first = rows.find((row) => !row.hidden);
		if (first && (chosen < 0 || rows[chosen].hidden)) roveTo(rows, first);
		document.getElementById('status').textContent = filtered ? `${visible} of ${events.length} events` : '';
	}

	function passes({ handlings }) {
		if (only.size === 0) return true;
		const retried = handlings.some(({ steps }) => steps.some(({ tone }) => tone === 'warn'));
		const dead = handlings.some(({ tone }) => tone === 'bad');
		return (only.has('retried') && retried) || (only.has('dead') && dead);
	}

	function textOf({ handlings, json, ...event }) {
		const done = handlings.map(({ service, about, state, error, steps }) =>
			[service, about, state, error, ...steps.map((step) => `${step.error} ${step.execution}`)].join(' '),
		);
		return [event.type, event.source, event.subject, event.id, event.at, ...done, json].join(' ').toLowerCase();
	}

	let scheduled;
	filter.addEventListener('input', () => {
		cancelAnimationFrame(scheduled);
		scheduled = requestAnimationFrame(applyFilter);
	});
	for (const button of document.querySelectorAll('[data-only]')) {
		button.addEventListener('click', () => {
			const on = button.getAttribute('aria-pressed') !== 'true';
			button.setAttribute('aria-pressed', String(on));
			if (on) only.add(button.dataset.only);
			else only.delete(button.dataset.only);
			applyFilter();
		});
	}

	/* Details */

	function element(name, attributes, ...children) {
		const made = document.createElement(name);
		for (const [key, value] of Object.entries(attributes)) if (value !== '') made.setAttribute(key, value);
		made.append(...children.filter((child) => child !== null && child !== ''));
		return made;
	}

	function isolated(text) {
		return element('bdi', {}, text);
	}

	function colour(lane) {
		return lane < 0 ? '' : `hued c${lane % 10}`;
	}

	function service(name, lane) {
		return element('span', { class: `chip service ${colour(lane)}` }, isolated(name));
	}

	function show(event) {
		const facts = element('dl', { class: 'facts' });
		const fact = (name, ...values) => {
			if (values.some((value) => value !== '')) facts.append(element('dt', {}, name), element('dd', {}, ...values));
		};
		fact('Time', `${event.at} (${event.after})`);
		fact('Occurred', event.occurred);
		fact('Subject', event.subject && isolated(event.subject));
		fact('Version', isolated(event.version));
		fact('Event ID', isolated(event.id));
		fact('Correlation', isolated(event.correlation));
		fact(
			'Caused by',
			event.cause >= 0 ? jumpTo(event.cause) : event.causeNote,
			event.cause < 0 && event.causeId ? isolated(` ${event.causeId}`) : '',
		);
		if (event.effects.length > 0) {
			fact('Caused', element('ul', {}, ...event.effects.map((place) => element('li', {}, jumpTo(place)))));
		}
		details.replaceChildren(
			element(
				'div',
				{ class: 'inside' },
				element(
					'div',
					{},
					element('h2', {}, isolated(event.type)),
					element('div', { class: 'headline' }, service(event.source, event.lane)),
				),
				facts,
				happened(event),
				jsonOf(event.json),
			),
		);
		details.scrollTop = 0;
	}

	function jumpTo(place) {
		const { type, after } = events[place];
		const button = element('button', { type: 'button', class: 'jump' }, isolated(type), ` ${after}`);
		button.addEventListener('click', () => {
			choose(place);
			rows[place].focus();
		});
		return button;
	}

	function happened({ published, handlings }) {
		const section = element('section', {}, element('h3', {}, 'What happened to it'));
		if (published.length > 0) section.append(element('ol', { class: 'steps' }, ...published.map(step)));
		if (handlings.length === 0) section.append(element('p', { class: 'none' }, 'No consumer has been recorded.'));
		const cards = element('div', { class: 'steps' });
		for (const handling of handlings) cards.append(card(handling));
		section.append(cards);
		return section;
	}

	function card({ service: name, lane, about, state, tone, error, steps }) {
		const told = steps.some((each) => each.error === error);
		return element(
			'div',
			{ class: 'handling' },
			element(
				'div',
				{ class: 'headline' },
				service(name, lane),
				element('span', { class: `chip ${tone}` }, isolated(state)),
			),
			element('p', { class: 'about' }, isolated(about)),
			error && !told ? element('pre', { class: 'error' }, error) : null,
			steps.length > 0 ? element('ol', { class: 'steps' }, ...steps.map(step)) : null,
		);
	}

	function step({ text, after, tone, error, execution, link }) {
		return element(
			'li',
			{ class: tone },
			isolated(text),
			' ',
			element('small', {}, after, ...executionOf(execution, link)),
			error === '' ? null : element('pre', { class: 'error' }, error),
		);
	}

	function executionOf(execution, link) {
		if (execution === '') return [];
		if (link === '') return [' · execution ', isolated(execution)];
		const attributes = { href: link, target: '_blank', rel: 'noopener noreferrer' };
		return [' · ', element('a', attributes, 'execution ', isolated(execution))];
	}

	function jsonOf(json) {
		const copy = element('button', { type: 'button' }, 'Copy');
		copy.addEventListener('click', () => {
			navigator.clipboard?.writeText(json).then(
				() => (copy.textContent = 'Copied'),
				() => (copy.textContent = 'Not allowed here'),
			);
		});
		const title = element(
			'div',
			{ class: 'json-title' },
			element('h3', {}, 'Event'),
			navigator.clipboard ? copy : null,
		);
		return element('section', {}, title, element('pre', { class: 'json' }, ...coloured(json)));
	}

	/** Keys, texts and the rest of a JSON document. A large one stays plain. */
	function coloured(json) {
		if (json.length > 20_000) return [json];
		const parts = [];
		let at = 0;
		for (const match of json.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g)) {
			if (match.index > at) parts.push(json.slice(at, match.index));
			const kind = match[1] === undefined ? 'n' : match[2] === undefined ? 's' : 'k';
			parts.push(element('span', { class: kind }, match[1] ?? match[0]));
			if (match[2] !== undefined) parts.push(match[2]);
			at = match.index + match[0].length;
		}
		parts.push(json.slice(at));
		return parts;
	}

	/* Mouse and keys */

	list.addEventListener('click', (click) => {
		const row = click.target.closest('.row[data-event]');
		if (!row) return;
		const place = Number(row.dataset.event);
		if (click.target.classList.contains('twist')) toggle(place, closed.has(place));
		else choose(place);
	});
	plot.addEventListener('click', (click) => {
		const part = click.target.closest('[data-event], [data-of]');
		if (part) choose(Number(part.dataset.event ?? part.dataset.of));
	});

	list.addEventListener('keydown', (key) => {
		const row = key.target.closest('.row[data-event]');
		if (!row || key.ctrlKey || key.metaKey || key.altKey) return;
		const place = Number(row.dataset.event);
		const shown = rows.filter((each) => !each.hidden);
		const at = shown.indexOf(row);
		const page = Math.max(1, Math.floor(list.parentElement.clientHeight / 30) - 2);
		const moves = {
			ArrowDown: at + 1,
			ArrowUp: at - 1,
			PageDown: at + page,
			PageUp: at - page,
			Home: 0,
			End: shown.length - 1,
		};
		if (key.key in moves) {
			goTo(shown[Math.min(shown.length - 1, Math.max(0, moves[key.key]))]);
		} else if (key.key === 'ArrowLeft') {
			if (rows[place].getAttribute('aria-expanded') === 'true') toggle(place, false);
			else if (events[place].cause >= 0) goTo(rows[events[place].cause]);
		} else if (key.key === 'ArrowRight') {
			toggle(place, true);
		} else if (key.key === 'Enter' || key.key === ' ') {
			choose(place);
		} else {
			return;
		}
		key.preventDefault();
	});

	/** The event that has the focus is the chosen one once something was chosen. */
	function goTo(row) {
		roveTo(rows, row);
		row.focus({ preventScroll: true });
		row.scrollIntoView({ block: 'nearest' });
		if (chosen >= 0) choose(Number(row.dataset.event));
	}

	plot.addEventListener('keydown', (key) => {
		const mark = key.target.closest('.mark');
		if (!mark || key.ctrlKey || key.metaKey || key.altKey) return;
		const place = Number(mark.dataset.event);
		const at = inTime.indexOf(place);
		const goal = { ArrowRight: inTime[at + 1], ArrowLeft: inTime[at - 1], Home: inTime[0], End: inTime.at(-1) };
		if (key.key === 'ArrowDown' || key.key === 'ArrowUp') goToMark(inLane(mark, key.key === 'ArrowDown'));
		else if (key.key in goal) goToMark(goal[key.key]);
		else if (key.key === 'Enter' || key.key === ' ') choose(place);
		else return;
		key.preventDefault();
	});

	/** The closest event of the next lane that has any. */
	function inLane(mark, below) {
		const x = left(Number(mark.dataset.event));
		let lane = mark.parentElement;
		do lane = below ? lane.nextElementSibling : lane.previousElementSibling;
		while (lane && !lane.querySelector('.mark'));
		const there = [...(lane?.querySelectorAll('.mark') ?? [])].map((each) => Number(each.dataset.event));
		return there.sort((one, other) => Math.abs(left(one) - x) - Math.abs(left(other) - x))[0];
	}

	function goToMark(place) {
		if (place === undefined) return;
		roveTo(marks, marks[place]);
		marks[place].focus({ preventScroll: true });
		showMark(place);
		if (chosen >= 0) choose(place);
	}

	document.addEventListener('keydown', (key) => {
		if (key.key === '/' && key.target !== filter) {
			key.preventDefault();
			filter.focus();
		} else if (key.key === 'Escape' && key.target === filter && filter.value !== '') {
			filter.value = '';
			applyFilter();
		}
	});
})();
