import { editDistance } from '../api/nearest.ts';
import { apiVersionOf, type ResourceKind } from './object.ts';

/** What a server serves, in the order of its preference. */
export interface KindCatalog {
  readonly kinds: readonly ResourceKind[];
}

/** No kind goes by that name; `nearest` are the most similar ones that there are. */
export class UnknownKindError extends Error {
  override readonly name = 'UnknownKindError';
  readonly asked: string;
  readonly nearest: readonly string[];

  constructor(asked: string, nearest: readonly string[]) {
    const hint = nearest.length === 0 ? '' : `; did you mean ${nearest.join(', ')}?`;
    super(`the server has no kind "${asked}"${hint}`);
    this.asked = asked;
    this.nearest = nearest;
  }
}

/** The kind with exactly this apiVersion and name, as a manifest has it. */
export function findKind(catalog: KindCatalog, asked: { readonly apiVersion: string; readonly kind: string }): ResourceKind | undefined {
  return catalog.kinds.find((kind) => kind.kind === asked.kind && apiVersionOf(kind) === asked.apiVersion);
}

/**
 * The kind that a person means by a word: its kind, plural, singular or short name, alone or followed by `.group` or
 * `.version.group`. As kubectl takes it: full names before short ones, whole groups before the beginnings of groups
 * (`certificates.cert-manager`), and of several kinds the one the server prefers.
 */
export function findByName(catalog: KindCatalog, word: string): ResourceKind | undefined {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const group = rest.join('.');
  const inGroup = catalog.kinds.filter((kind) => rest.length === 0 || kind.group === group || isVersionOf(kind, rest));
  const inSimilarGroup = rest.length === 0 ? [] : catalog.kinds.filter((kind) => kind.group.startsWith(group));
  return named(inGroup, name) ?? named(inSimilarGroup, name);
}

/** Up to three names that look like the word, the most similar first. */
export function nearestKinds(catalog: KindCatalog, word: string): readonly string[] {
  const name = word.toLowerCase().replace(/\..*$/s, '');
  const scored = catalog.kinds.map((kind) => ({
    name: kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`,
    distance: Math.min(...[...fullNames(kind), ...(kind.shortNames ?? [])].map((known) => editDistance(name, known))),
  }));
  const near = scored.filter(({ distance }) => distance <= Math.max(2, Math.floor(name.length / 3)));
  return [...new Set(near.sort((a, b) => a.distance - b.distance).map((one) => one.name))].slice(0, 3);
}

function named(kinds: readonly ResourceKind[], name: string): ResourceKind | undefined {
  return kinds.find((kind) => fullNames(kind).includes(name)) ?? kinds.find((kind) => kind.shortNames?.includes(name));
}

function isVersionOf(kind: ResourceKind, [version, ...group]: readonly string[]): boolean {
  return kind.version === version && kind.group === group.join('.');
}

function fullNames(kind: ResourceKind): readonly string[] {
  return [kind.kind.toLowerCase(), kind.resource, ...(kind.singular === undefined ? [] : [kind.singular])];
}
