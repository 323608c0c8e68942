/**
 * Texts that want to be more than text, wherever somebody else may write one.
 */
import type { Flows, TrailEntry } from '../../src/trail/types';
import { trailEvent, trailFact } from './stories';

/** `alert` is what tells that something ran: a dialog opens. */
export const HOSTILE_TEXTS: readonly string[] = [
	'<script>alert(1)</script>',
	'</script><script>alert(2)</script>',
	'</ScRiPt ><img src=x onerror=alert(3)>',
	'<!--<script>alert(4)//-->',
	'"><svg onload=alert(5)>',
	"' onmouseover='alert(6)' x='",
	'` onfocus=`alert(7)` autofocus',
	'javascript:alert(8)',
	'data:text/html,<script>alert(9)</script>',
	'<iframe srcdoc="<script>alert(10)</script>"></iframe>',
	'<style>@import "http://127.0.0.1:9/x.css"</style>',
	'<link rel=stylesheet href=http://127.0.0.1:9/y.css>',
	'<base href="http://127.0.0.1:9/">',
	'<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
	'</title></style></textarea></template></noscript><script>alert(11)</script>',
	'&lt;script&gt;alert(12)&lt;/script&gt;',
	'line\u2028separator\u2029paragraph',
	'\u202Egnp.exe\u202C \u2066isolate\u2069 \u200Fmark',
	'nul\u0000 bell\u0007 escape\u001b[31m delete\u007f',
	'lone \ud800 surrogate \udfff',
	'%%{init: {"securityLevel": "loose"}}%%',
	'end',
	'A->>B: forged\nNote over A: forged',
	'"]:::cycle\nclick s0 href "javascript:alert(13)"',
	'${alert(14)} {{alert(15)}} #{alert(16)}',
	'__proto__',
	'x'.repeat(20_000),
	'',
];

/** Every text in every place. */
export function hostileTrail(): readonly TrailEntry[] {
	return HOSTILE_TEXTS.map((text, index) => ({
		event: trailEvent(
			`${text}#${index}`,
			index % 3 === 0 ? null : `${HOSTILE_TEXTS[index - 1] ?? ''}#${index - 1}`,
			index,
			{
				source: text,
				eventType: text,
				eventVersion: text,
				subject: text,
				correlationId: text,
				occurredAt: index % 2 === 0 ? text : new Date(index).toISOString(),
				// A header that was kept is a field of the payload.
				payload: { [text]: text, headers: { [text]: [text] }, list: [text, { deep: text }] },
			},
		),
		facts: (['started', 'retry', 'started', 'dead-letter'] as const).map((kind, step) =>
			trailFact(kind, index + step, {
				broker: text,
				channel: text,
				group: `${text}.group`,
				service: `${text} `,
				attempt: step < 2 ? 1 : 2,
				workflowId: text,
				executionId: `${text}${step}`,
				error: text,
				reason: text,
			}),
		),
	}));
}

export function hostileFlows(): Flows {
	return {
		publications: HOSTILE_TEXTS.map((text) => ({ service: text, eventType: text, channel: text, count: 1 })),
		consumptions: HOSTILE_TEXTS.map((text) => ({
			service: text,
			group: text,
			eventType: text,
			channel: text,
			count: 1,
			retries: 1,
			deadLetters: 1,
			latencyMs: { p50: 1, p95: 2 },
		})),
		causations: HOSTILE_TEXTS.map((text) => ({ service: text, cause: text, effect: text, count: 1 })),
	};
}
