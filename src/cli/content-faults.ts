import { validateResourceChange } from '../api/resource-change-validation.ts';
import type { ResourceChange } from '../api/resource-change.ts';
import type { Transaction } from '../api/transaction.ts';
import { Fault } from './fault.ts';
import type { Manifest } from './manifest.ts';
import type { PlannedChange } from './planned-change.ts';

const CONTENT = 'spec.content.';

/** @throws Fault with everything that admission would refuse, a line each, at its place in the file where it has one. */
export function refuseFaults(transaction: Transaction, planned: readonly PlannedChange[], changes: readonly ResourceChange[]): void {
  const sentences = changes.flatMap((change, index) =>
    validateResourceChange(change, undefined, transaction).map(({ field, message }) => place(field, message, planned[index]?.manifest)),
  );
  if (sentences.length > 0) throw new Fault([...new Set(sentences)].join('\n'));
}

function place(field: string, message: string, manifest: Manifest | undefined): string {
  if (manifest === undefined) return `The change cannot be added: ${field} ${message}.`;
  if (!field.startsWith(CONTENT)) return manifest.fault([], `the change cannot be added: ${field} ${message}.`).message;
  const path = field.slice(CONTENT.length);
  return manifest.fault(path.split('.'), `${path} ${message}.`).message;
}
