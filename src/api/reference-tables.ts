import { CONDITIONS } from './conditions.ts';
import { ERRORS, explain } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { EVENT_ROWS } from './events.ts';
import { heading, NOTE, table } from './markdown.ts';

/** The reference of the conditions, as Markdown. */
export function conditionsPage(): string {
  return [
    heading(1, 'Conditions of a Transaction'),
    NOTE,
    '`kubectl wait --for=condition=Committed transaction/NAME` waits for one.',
    'A _milestone_ is True once it was reached, and absent before. A _positive_ condition is good when True; a _negative_ one is good when absent.',
    ...CONDITIONS.flatMap(({ type, polarity, set, reasons }) => [
      heading(2, type),
      `${polarity[0]?.toUpperCase()}${polarity.slice(1)}. ${set}`,
      table(
        ['Status', 'Reason', 'Meaning'],
        reasons.map(({ reason, status, meaning }) => [status, `\`${reason}\``, meaning]),
      ),
    ]),
  ].join('\n\n');
}

/** The reference of the Events, as Markdown. */
export function eventsPage(): string {
  return [
    heading(1, 'Events of a Transaction'),
    NOTE,
    '`kubectl describe transaction NAME` shows them; `kubectl events --for transaction/NAME --watch` follows them.',
    table(
      ['Reason', 'Type', 'Meaning'],
      EVENT_ROWS.map(({ reason, type, warningWhen, meaning }) => [
        `\`${reason}\``,
        warningWhen === undefined ? type : `${type}; Warning when ${warningWhen}`,
        meaning,
      ]),
    ),
  ].join('\n\n');
}

/** The reference of the errors, as Markdown. */
export function errorsPage(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return [
    heading(1, 'Errors'),
    NOTE,
    'Each message says what happened, to which object, and what to do. The messages here are examples.',
    table(
      ['Code', 'HTTP', 'Reason', 'Message'],
      codes.map((code) => {
        const { status, reason, message } = explain(code, ERRORS[code].example);
        return [`\`${code}\``, String(status), `\`${reason}\``, message];
      }),
    ),
  ].join('\n\n');
}
