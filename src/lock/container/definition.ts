import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kube/object.ts';
import type { Review } from '../review.ts';

/** What of a CustomResourceDefinition decides how its objects are kept and read. */
export interface Definition {
  readonly group: string;
  readonly resource: string;
  readonly scope: unknown;
  readonly conversion: unknown;
  readonly versions: readonly DefinitionVersion[];
}

interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema: unknown;
  readonly subresources: unknown;
}

/** Whether a write may take something from the objects of the definition, whichever versions of it are in use. */
export function mayHarmObjects(review: Review): boolean {
  if (review.operation === 'DELETE') return true;
  return review.operation === 'UPDATE' && !isDeepStrictEqual(definitionOf(review.oldObject), definitionOf(review.object));
}

/**
 * What a write takes from objects that are used in `version`, in words that begin a refusal; undefined if nothing. Deleting a
 * definition deletes its objects past all admission; a version that is served or stored no more cannot be put back by a
 * rollback; and another schema prunes, or fills in, fields of locked objects without a write to them.
 */
export function harmToObjects(review: Review, version: string): string | undefined {
  if (review.operation === 'DELETE') return "can't be deleted";
  if (review.operation !== 'UPDATE') return undefined;
  const [before, after] = [definitionOf(review.oldObject), definitionOf(review.object)];
  const stored = before.versions.find(({ storage }) => storage)?.name;
  if (before.scope !== after.scope) return "can't change its scope";
  if (after.versions.find(({ storage }) => storage)?.name !== stored) return "can't store another version";
  if (!isServed(after, version) && isServed(before, version)) return `can't stop serving ${version}`;
  const changed = [version, stored].find((name) => !isDeepStrictEqual(shapeOf(before, name), shapeOf(after, name)));
  if (changed !== undefined) return `can't change the schema or the subresources of ${changed}`;
  return isDeepStrictEqual(before.conversion, after.conversion) ? undefined : "can't change its conversion";
}

/** Reads a definition; what it lacks is read as absent, since the API server has checked it. */
export function definitionOf(object: KubeObject): Definition {
  const spec = membersOf(object['spec']);
  const versions = Array.isArray(spec['versions']) ? (spec['versions'] as readonly unknown[]) : [];
  return {
    group: textOf(spec['group']),
    resource: textOf(membersOf(spec['names'])['plural']),
    scope: spec['scope'],
    conversion: conversionOf(spec['conversion']),
    versions: versions.map((entry) => {
      const { name, served, storage, schema, subresources } = membersOf(entry);
      return { name: textOf(name), served: served === true, storage: storage === true, schema, subresources };
    }),
  };
}

// Injectors renew the authority of a conversion webhook at any time: it decides whom to trust, not how objects are read.
function conversionOf(value: unknown): unknown {
  const conversion = membersOf(value);
  const webhook = membersOf(conversion['webhook']);
  const { caBundle: _, ...client } = membersOf(webhook['clientConfig']);
  return { ...conversion, webhook: { ...webhook, clientConfig: client } };
}

function isServed({ versions }: Definition, version: string): boolean {
  return versions.some(({ name, served }) => name === version && served);
}

function shapeOf({ versions }: Definition, version: string | undefined): unknown {
  const found = versions.find(({ name }) => name === version);
  return found === undefined ? undefined : { schema: found.schema, subresources: found.subresources };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
