import type { FieldsV1, KubeObject, ManagedFieldsEntry } from '../../src/kube/object.ts';
import { canonical } from './leaves.ts';
import { LABEL } from './locks.ts';

/** Who owns what: a set of places for each entry of managedFields. */
export type Owners = ReadonlyMap<string, ReadonlySet<string>>;

/** The lock's own label, and that there are labels at all: with the last of them that goes. */
const NOBODYS = ['', '/f:metadata/f:labels', '/f:metadata/f:annotations', `/f:metadata/f:labels/f:${LABEL}`];

/** The API server keeps ten managers of the kind `Update` apart; a lock and a change need two of those. */
const TOO_MANY = 9;

/** The owners of an object's fields, those of the status and of one transaction's own writes left out. */
export function ownersOf(object: KubeObject, transaction: string): Owners {
  const owners = new Map<string, ReadonlySet<string>>();
  for (const entry of entriesOf(object)) {
    if (isOwn(entry.manager ?? '', transaction)) continue;
    const places = new Set(placesOf(entry.fieldsV1 ?? {}, ''));
    if (places.size > 0) owners.set(nameOf(entry), places);
  }
  return owners;
}

/** Entries of managedFields to the letter, times included, those of the status, of one transaction and of locks left out. */
export function ownershipText(object: KubeObject, transaction: string): string {
  const others = entriesOf(object).filter(
    ({ manager = '', fieldsV1 = {} }) => !isOwn(manager, transaction) && placesOf(fieldsV1, '').length > 0,
  );
  const entries = others.map(({ fieldsV1 = {}, ...entry }) => canonical({ ...entry, fields: placesOf(fieldsV1, '').toSorted() }));
  return JSON.stringify(entries.toSorted());
}

/** Managers of one transaction, or of locks, that still own something. */
export function ownManagersIn(object: KubeObject, transaction: string): readonly string[] {
  return entriesOf(object).flatMap(({ manager = '' }) => (isOwn(manager, transaction) ? [manager] : []));
}

/** Whether the API server has begun, or would begin, to merge the entries of different managers. */
export function isCrowded(object: KubeObject): boolean {
  const updates = entriesOf(object).filter(({ operation }) => operation === 'Update');
  return updates.length >= TOO_MANY || updates.some(({ manager }) => manager === 'ancient-changes');
}

/** What a write by others did to ownership, done to other owners. */
export function withTransfer(owners: Owners, before: Owners, after: Owners): Owners {
  const changed = new Map([...owners].map(([name, places]) => [name, new Set(places)]));
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [had, has] = [before.get(name) ?? new Set<string>(), after.get(name) ?? new Set<string>()];
    const places = changed.get(name) ?? new Set<string>();
    for (const place of had) if (!has.has(place)) places.delete(place);
    for (const place of has) if (!had.has(place)) places.add(place);
    changed.set(name, places);
  }
  return changed;
}

/** Words for what differs; none where nothing does. */
export function ownershipDifferences(expected: Owners, actual: Owners): readonly string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((name) => {
    const [wanted, has] = [expected.get(name) ?? new Set<string>(), actual.get(name) ?? new Set<string>()];
    const lost = [...wanted].filter((place) => !has.has(place));
    const gained = [...has].filter((place) => !wanted.has(place));
    return [
      ...(lost.length === 0 ? [] : [`${name} lost ${lost.join(', ')}`]),
      ...(gained.length === 0 ? [] : [`${name} gained ${gained.join(', ')}`]),
    ];
  });
}

function entriesOf(object: KubeObject): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? []).filter(({ subresource }) => subresource !== 'status');
}

function isOwn(manager: string, transaction: string): boolean {
  return manager === 'janus-lock' || (manager.startsWith('janus-') && manager.includes(`-${transaction.slice(0, 8)}-`));
}

function nameOf({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  return [manager, operation, apiVersion, subresource].filter((part) => part !== undefined).join(' ');
}

// Containers are left out: with the last field in them they come and go.
function placesOf(node: FieldsV1, path: string): readonly string[] {
  const steps = Object.keys(node).filter((step) => step !== '.');
  if (steps.length === 0) return NOBODYS.includes(path) ? [] : [path];
  return steps.flatMap((step) => placesOf(node[step] ?? {}, `${path}/${step}`));
}
