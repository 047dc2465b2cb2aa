import { LOCK_LABEL, type ObjectIdentity } from './label.ts';
import type { LockRecord } from './record.ts';
import type { Review } from './review.ts';
import type { HeldLock } from './situation.ts';
import type { WriteFinding } from './write-finding.ts';

const PATHS_MAX = 5;
const TEXT_MAX = 253;
const WAIT_MIN_SECONDS = 30;

/** What a refusal by a lock is told from. */
export interface Refusal {
  readonly review: Review;
  readonly object: ObjectIdentity;
  readonly held: HeldLock;
  readonly finding: WriteFinding;
  readonly now: Date;
  /** Set where the client is made to wait. */
  readonly retryAfterSeconds?: number;
}

/** `ConfigMap shop/settings`, or `Namespace shop`. */
export function wordsForObject(review: Pick<Review, 'kind'>, { namespace, name }: ObjectIdentity): string {
  const place = namespace === '' ? name : `${namespace}/${name}`;
  return `${printable(review.kind.kind)} ${printable(place)}`;
}

/** The sentences of a refusal: what is locked, by whom, how far that is, since when, and what to do. */
export function refusalMessage(refusal: Refusal): string {
  const { held, now } = refusal;
  const { record } = held;
  const transaction = `transaction ${printable(`${record.transaction.namespace}/${record.transaction.name}`)}`;
  return `${lockedPart(refusal)} locked by ${transaction} (${details(held).join(', ')}) ${times(record, now)}.${hint(refusal)} ${advice(refusal)}`;
}

/** Text from outside in one line: no control characters, cut to a length that fits a sentence. */
export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line;
}

function lockedPart({ review, object, finding, held }: Refusal): string {
  // A Scale and an Eviction are called by the object they are about.
  const kind = review.subresource === '' ? undefined : held.target?.kind;
  const words = wordsForObject(kind === undefined ? review : { ...review, kind }, object);
  switch (finding.what) {
    case 'fields':
      return `${words}: ${enumeration(finding.paths)} ${finding.paths.length === 1 ? 'is' : 'are'}`;
    case 'deletion':
      return `${words} can't be deleted: it is`;
    case 'label':
      return `${words}: its label ${LOCK_LABEL} can't be changed or removed, since it is`;
    case 'owner-references':
      return `${words}: its ownerReferences can't be changed, since it is`;
    case 'finalizers':
      return `${words}: its finalizers can't be changed while it is being deleted, since it is`;
    case 'scale':
      return `${words} can't be scaled: it is`;
    case 'eviction':
      return `${words} can't be evicted: it is`;
    case 'name':
      return `${words} can't be created: its name is`;
    case 'container':
      return `${words} ${finding.words}`;
    default:
      return `${words} is`;
  }
}

function details({ record, progress, target }: HeldLock): readonly string[] {
  const changes = (target?.changes ?? []).map((change) => printable(change.name));
  return [
    ...(changes.length === 0 ? [] : [`${changes.length === 1 ? 'change' : 'changes'} ${enumeration(changes)}`]),
    `requested by ${printable(record.requester)}`,
    ...(record.phase === 'RollingBack' ? ['rolling back'] : []),
    ...(record.phase === 'Failed' ? ['failed'] : []),
    ...(progress === undefined ? [] : [`${progress.committed} of ${progress.total} committed`]),
  ];
}

function times({ lockedSince, deadline, phase }: LockRecord, now: Date): string {
  const since = Date.parse(lockedSince);
  const ago = Number.isFinite(since) ? ` (${duration((now.getTime() - since) / 1000)} ago)` : '';
  const until = goesOn(phase) && Date.parse(deadline) > now.getTime() ? `, until ${printable(deadline)} at the latest` : '';
  return `since ${printable(lockedSince)}${ago}${until}`;
}

function hint({ finding }: Refusal): string {
  return finding.what === 'other-version'
    ? ` Only some of its fields are locked, but which is known in ${printable(finding.version)} only: write it in that version.`
    : '';
}

function advice({ held: { record }, now, retryAfterSeconds }: Refusal): string {
  const name = printable(record.transaction.name);
  const namespace = printable(record.transaction.namespace);
  const look = `"kubectl get transaction ${name} -n ${namespace}"`;
  if (record.phase === 'Failed') return `It could not be undone and needs a person: look with ${look}.`;
  if (retryAfterSeconds !== undefined) return `Your client is asked to try again in ${retryAfterSeconds} s; look with ${look}.`;
  const left = Math.ceil((Date.parse(record.deadline) - now.getTime()) / 1000);
  const timeout = Number.isFinite(left) ? Math.max(WAIT_MIN_SECONDS, left) : WAIT_MIN_SECONDS;
  return `Wait with "kubectl wait --for=condition=Ready transaction/${name} -n ${namespace} --timeout=${timeout}s", or look with ${look}.`;
}

function goesOn(phase: LockRecord['phase']): boolean {
  return phase === 'Preparing' || phase === 'Committing';
}

function enumeration(items: readonly string[]): string {
  const shown = items.slice(0, PATHS_MAX).map(printable);
  const left = items.length - shown.length;
  const parts = left > 0 ? [...shown, `${left} more`] : shown;
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  return `${Math.round(whole / 3600)} h`;
}
