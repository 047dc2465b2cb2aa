import { asObject } from './fault.ts';
import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import type { ResourceDefinition } from './resource.ts';
import { structuralSchema } from './structural-schema.ts';
import type { StructuralSchema } from './structural-schema.ts';

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/**
 * Fields at the top level and in `spec` that the resource does not have. The API server drops them silently, so a misspelt one would
 * do nothing. `status` is not looked at: it is not for people to write.
 */
export function unknownFieldFaults(definition: ResourceDefinition, object: unknown): readonly Fault[] {
  const top = asObject(object);
  if (top === undefined) return [];
  return [...unknownOf(top, TOP_LEVEL, ''), ...within(schemaOf(definition), top.spec, 'spec')];
}

/** Converted once a resource: every ResourceChange of a large transaction asks for it. */
const schemas = new WeakMap<ResourceDefinition, StructuralSchema>();

function schemaOf(definition: ResourceDefinition): StructuralSchema {
  const known = schemas.get(definition) ?? structuralSchema(definition.spec, 'spec');
  schemas.set(definition, known);
  return known;
}

function within(schema: StructuralSchema, value: unknown, path: string): readonly Fault[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((element, index) => within(items, element, `${path}[${index}]`));
  }
  const object = asObject(value);
  const { properties } = schema;
  if (object === undefined || properties === undefined) return [];
  return [
    ...unknownOf(object, Object.keys(properties), `${path}.`),
    ...Object.entries(properties).flatMap(([name, field]) =>
      Object.hasOwn(object, name) ? within(field, object[name], `${path}.${name}`) : [],
    ),
  ];
}

function unknownOf(object: Readonly<Record<string, unknown>>, known: readonly string[], prefix: string): readonly Fault[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const [meant] = nearest(name.slice(0, 64), known, 1);
      const advice = meant === undefined ? `known fields: ${known.join(', ')}` : `did you mean ${prefix}${meant}?`;
      return { field: `${prefix}${shorten(name)}`, message: `there is no such field; ${advice}` };
    });
}

function shorten(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 61)}...`;
}
