import { GROUP } from '../../api/group.ts';
import { printable } from '../message.ts';
import type { LockRecord, RecordTarget } from '../record.ts';
import type { Review } from '../review.ts';
import { definitionOf, harmToObjects, mayHarmObjects } from './definition.ts';
import { removalOfNamespace } from './namespace.ts';

/** What a write to a container would do to a transaction. */
export interface Harm {
  /** The object of the transaction that would be harmed; undefined where it is the transaction itself. */
  readonly target: RecordTarget | undefined;
  /** The middle of a refusal: `can't be deleted: ConfigMap shop/settings in it is` locked by … */
  readonly words: string;
}

/** Whether a write could harm any transaction at all: if not, no record need be read. */
export function mayHarm(review: Review): boolean {
  return isDefinition(review) ? mayHarmObjects(review) : removalOfNamespace(review) !== undefined;
}

/** What a write to a Namespace or a CustomResourceDefinition would do to an open transaction; undefined if nothing. */
export function harmTo(record: LockRecord, review: Review, systemNamespace: string): Harm | undefined {
  return isDefinition(review) ? harmByDefinition(record, review) : harmByNamespace(record, review, systemNamespace);
}

function harmByNamespace(record: LockRecord, review: Review, systemNamespace: string): Harm | undefined {
  const removal = removalOfNamespace(review);
  if (removal === undefined) return undefined;
  const { name } = review.oldObject?.metadata ?? {};
  const itself = record.targets.find((target) => isNamespace(target) && target.name === name);
  if (itself !== undefined) return { target: itself, words: `${removal}: it is` };
  const target = record.targets.find(({ namespace }) => namespace === name);
  if (target !== undefined) return { target, words: `${removal}: ${wordsFor(target)} in it is` };
  // With it the Transaction would go, and the ServiceAccount by which it is undone.
  if (record.transaction.namespace === name) return { target, words: `${removal}: an open transaction lives in it, so it is` };
  if (name === systemNamespace) return { target, words: `${removal}: it keeps the records of open transactions, so it is` };
  return undefined;
}

function harmByDefinition(record: LockRecord, review: Review): Harm | undefined {
  const { group, resource } = definitionOf(review.oldObject ?? review.object ?? { apiVersion: '', kind: '', metadata: {} });
  // Every Transaction and its changes would go, or be unreadable.
  if (group === GROUP) return review.operation === 'DELETE' ? { target: undefined, words: "can't be deleted: it is" } : undefined;
  for (const target of record.targets) {
    if (target.kind.group !== group || target.kind.resource !== resource) continue;
    const harm = harmToObjects(review, target.kind.version);
    if (harm !== undefined) return { target, words: `${harm}: ${wordsFor(target)} is` };
  }
  return undefined;
}

function isDefinition({ resource }: Review): boolean {
  return resource.group === 'apiextensions.k8s.io';
}

function isNamespace({ kind }: RecordTarget): boolean {
  return kind.group === '' && kind.resource === 'namespaces';
}

function wordsFor({ kind, namespace, name }: RecordTarget): string {
  return printable(`${kind.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`);
}
