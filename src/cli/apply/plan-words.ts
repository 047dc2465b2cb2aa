import type { createColors } from 'picocolors';
import { describeRef } from '../../kube/object.ts';
import { printable } from '../terminal/printable.ts';
import { widthOf, wrap } from '../terminal/width.ts';
import type { FieldChange } from './field-change.ts';
import { lineChanges } from './line-diff.ts';
import type { LineChange } from './line-diff.ts';
import type { LockWords } from './lock-words.ts';
import type { Action, PlannedObject } from './planned.ts';

export type Paint = Pick<ReturnType<typeof createColors>, 'bold' | 'dim' | 'green' | 'red' | 'yellow'>;

/** How and where a plan is shown. */
export interface PlanView {
  readonly paint: Paint;
  /** Columns; Infinity where lines are not to be broken. */
  readonly width: number;
  /** Every field, also of what is new. Otherwise some of what changes. */
  readonly whole: boolean;
}

/** Fields of one object that a plan shows, unless it is to show the whole. */
const FIELDS = 8;

const SIGNS: Readonly<Record<Action, string>> = { create: '+', patch: '~', update: '~', delete: '-', none: '=' };

/** A plan as lines for people: what becomes of each object, in order, and what it meets. What stays as it is is only counted. */
export function planWords(plan: readonly PlannedObject[], view: PlanView): readonly string[] {
  return plan.flatMap((one) => (one.action === 'none' && notes(one).length === 0 ? [] : objectWords(one, view)));
}

/** `2 to create, 1 to patch, 3 unchanged`. */
export function planSummary(plan: readonly PlannedObject[]): string {
  const count = (action: Action, words: string): readonly string[] => {
    const { length } = plan.filter((one) => one.action === action);
    return length === 0 ? [] : [`${length} ${words}`];
  };
  return [
    ...count('create', 'to create'),
    ...count('patch', 'to patch'),
    ...count('update', 'to replace'),
    ...count('delete', 'to delete'),
    ...count('none', 'unchanged'),
  ].join(', ');
}

function objectWords(one: PlannedObject, { paint, whole, width }: PlanView): readonly string[] {
  const { action, fields, ref } = one;
  const colour = { create: paint.green, patch: paint.yellow, update: paint.yellow, delete: paint.red, none: paint.dim }[action];
  const shown = whole ? fields : action === 'create' ? [] : fields.slice(0, FIELDS);
  const more = action === 'create' ? 0 : fields.length - shown.length;
  return [
    colour(`${SIGNS[action]} ${VERBS[action]} ${printable(describeRef(ref))}`),
    ...shown.flatMap((field) => fieldWords(field, paint, width)),
    ...(more > 0 ? [paint.dim(`    and ${more} more fields ("janus diff" shows all)`)] : []),
    ...notes(one).flatMap((note) => indented(note, width).map(paint.dim)),
    ...one.warnings.flatMap((warning) => indented(`Warning: ${printable(warning)}`, width).map(paint.yellow)),
  ];
}

const VERBS: Readonly<Record<Action, string>> = { create: 'create', patch: 'patch ', update: 'update', delete: 'delete', none: 'leave ' };

/** What a person should know of an object besides its fields. */
function notes({ lock, stays, takesOver, unchecked }: PlannedObject): readonly string[] {
  return [
    ...(lock === undefined ? [] : [lockNote(lock)]),
    ...(unchecked === undefined ? [] : [`not compared by the server, since ${unchecked}`]),
    ...takesOver.map(({ fields, manager }) => printable(`takes ${fields.join(', ')} over from ${manager}`)),
    ...(stays.length === 0
      ? []
      : [printable(`keeps ${stays.join(', ')}, set by an earlier apply and no longer in the files: a Patch removes nothing`)]),
  ];
}

function lockNote({ holder, phase, progress, transaction }: LockWords): string {
  const about = [
    ...(phase === undefined ? [] : [[phase, progress].filter(Boolean).join(' ')]),
    ...(holder === undefined ? [] : [`for ${holder}`]),
  ];
  return printable(`locked by Transaction ${transaction}${about.length === 0 ? '' : ` (${about.join(', ')})`}: this has to wait for it`);
}

function fieldWords(field: FieldChange, paint: Paint, width: number): readonly string[] {
  const { after, before, hidden, path } = field;
  const name = `    ${printable(path)}:`;
  if (hidden === true && before !== undefined && after !== undefined) return [`${name} ${paint.dim('differs (hidden)')}`];
  if (isText(before) && isText(after) && /\n/.test(`${before ?? ''}${after ?? ''}`)) {
    const colours = { '+': paint.green, '-': paint.red, ' ': paint.dim };
    return [name, ...textChanges(before, after).map(({ line, sign }) => colours[sign](`      ${sign} ${printable(line)}`.trimEnd()))];
  }
  const sides = [
    ...(before === undefined ? [] : [paint.red(`- ${value(before, hidden)}`)]),
    ...(after === undefined ? [] : [paint.green(`+ ${value(after, hidden)}`)]),
  ];
  const inline = `${name} ${[before, after].flatMap((side) => (side === undefined ? [] : [value(side, hidden)])).join(' → ')}`;
  if (widthOf(inline) > width) return [name, ...sides.map((side) => `      ${side}`)];
  if (before === undefined) return [`${name} ${paint.green(`+ ${value(after, hidden)}`)}`];
  if (after === undefined) return [`${name} ${paint.red(`- ${value(before, hidden)}`)}`];
  return [`${name} ${paint.red(value(before, hidden))} → ${paint.green(value(after, hidden))}`];
}

function value(side: unknown, hidden: true | undefined): string {
  return hidden === true ? String(side) : printable(JSON.stringify(side));
}

function isText(side: unknown): side is string | undefined {
  return side === undefined || typeof side === 'string';
}

function textChanges(before: string | undefined, after: string | undefined): readonly LineChange[] {
  if (before === undefined) return (after ?? '').split('\n').map((line) => ({ sign: '+', line }));
  if (after === undefined) return before.split('\n').map((line) => ({ sign: '-', line }));
  return lineChanges(before, after);
}

function indented(text: string, width: number): readonly string[] {
  return wrap(text, Math.max(LEAST, width - INDENT.length)).map((line) => INDENT + line);
}

const INDENT = '    ';
/** Columns that words get at least, however narrow the terminal. */
const LEAST = 20;
