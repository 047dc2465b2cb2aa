import { colour } from '../output.ts';
import { phasePaint } from '../phase-paint.ts';
import type { StreamEvent } from '../follow/stream-schema.ts';
import { printable } from '../terminal/printable.ts';

/** One event as a line for people: when, then what. */
export function eventLine(event: StreamEvent): string {
  return `${event.time.replace(/^.*T/, '').replace(/Z$/, '').padEnd(12)}  ${wordsOf(event)}`;
}

function wordsOf(event: StreamEvent): string {
  switch (event.type) {
    case 'phase': {
      const done = event.itemsTotal === undefined ? '' : ` (${String(event.itemsCommitted ?? 0)} of ${String(event.itemsTotal)} in effect)`;
      return `${phasePaint(event.phase)(event.phase)}${done}`;
    }
    case 'change':
      return `${event.state} ${printable(event.object ?? `change ${event.change}`)}${event.error === undefined ? '' : `: ${colour.red(printable(event.error))}`}`;
    case 'condition':
      return `${event.condition}=${event.status} (${event.reason})${event.message === '' ? '' : `: ${printable(event.message)}`}`;
    case 'event': {
      const count = event.count > 1 ? ` (${String(event.count)} times)` : '';
      const text = `${event.reason}: ${printable(event.message)}${count}`;
      return event.severity === 'Warning' ? colour.yellow(text) : text;
    }
    case 'deleted':
      return 'deleted';
    case 'end':
      return `ended: ${phasePaint(event.phase)(event.phase)}`;
  }
}
