import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { FieldsV1, KubeObject } from '../../../src/kube/object.ts';

/*
 * A second, slow and simple understanding of field sets, to hold the real one against: an object of a known schema is flattened
 * into a table from paths of steps to values, and back.
 */

export type Schema =
  | { readonly of: 'scalar' }
  | { readonly of: 'atomic'; readonly values: fc.Arbitrary<unknown> }
  | { readonly of: 'map'; readonly value: Schema }
  | { readonly of: 'struct'; readonly members: Readonly<Record<string, Schema>> }
  | { readonly of: 'list'; readonly keys: readonly string[]; readonly members: Readonly<Record<string, Schema>> }
  | { readonly of: 'set' };

const scalar: Schema = { of: 'scalar' };
const dictionary: Schema = { of: 'map', value: scalar };
const ports: Schema = { of: 'list', keys: ['containerPort', 'protocol'], members: { name: scalar } };
export const SCHEMA: Schema = {
  of: 'struct',
  members: {
    metadata: { of: 'struct', members: { annotations: dictionary } },
    data: dictionary,
    spec: {
      of: 'struct',
      members: {
        containers: { of: 'list', keys: ['name'], members: { image: scalar, resources: dictionary, ports } },
        hosts: { of: 'set' },
        command: { of: 'atomic', values: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }) },
        selector: { of: 'atomic', values: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { noNullPrototype: true }) },
        nested: { of: 'map', value: { of: 'map', value: dictionary } },
      },
    },
  },
};

const names = fc.constantFrom('a', 'b', 'c', 'x.y/z', '__proto__', 'constructor');
const scalars = fc.constantFrom<unknown>('1', '2', '<&>', 7, true, null);

/** Values of a schema; anything in them may be missing. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.of) {
    case 'scalar':
      return scalars;
    case 'atomic':
      return schema.values;
    case 'set':
      return fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
    case 'map':
      return fc
        .uniqueArray(fc.tuple(names, valuesOf(schema.value)), { maxLength: 3, selector: ([name]) => name })
        .map((entries) => Object.fromEntries(entries));
    case 'struct':
      return structs(schema.members);
    case 'list':
      return fc
        .uniqueArray(fc.tuple(keysOf(schema.keys), structs(schema.members)), { maxLength: 4, selector: ([keys]) => JSON.stringify(keys) })
        .map((items) => items.map(([keys, rest]) => ({ ...keys, ...rest })));
  }
}

/** Objects of SCHEMA. */
export const objects: fc.Arbitrary<KubeObject> = valuesOf(SCHEMA).map((value) => asObject(value));

export function asObject(value: unknown): KubeObject {
  const { metadata, ...rest } = value as { metadata?: object };
  return { apiVersion: 'example.com/v1', kind: 'Thing', ...rest, metadata: { name: 'thing', ...metadata } };
}

function structs(members: Readonly<Record<string, Schema>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, valuesOf(schema)])), {
    requiredKeys: [],
  });
}

function keysOf(keys: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const [first = '', second] = keys;
  const firsts = second === undefined ? fc.constantFrom<unknown>('a', 'b', 'c', 'd', 'e') : fc.constantFrom<unknown>(53, 80);
  return second === undefined
    ? firsts.map((value) => ({ [first]: value }))
    : fc.tuple(firsts, fc.constantFrom('TCP', 'UDP')).map(([one, two]) => ({ [first]: one, [second]: two }));
}

/** One line of the table. `container` places are there, whatever is in them. */
export interface Line {
  readonly steps: readonly string[];
  readonly value: unknown;
  readonly container: boolean;
}

export type Table = ReadonlyMap<string, Line>;

/** The object as a table; keys are the steps as JSON. */
export function tableOf(object: unknown, schema: Schema = SCHEMA): Table {
  const table = new Map<string, Line>();
  fill(table, object, schema, []);
  return table;
}

function fill(table: Map<string, Line>, value: unknown, schema: Schema, steps: readonly string[]): void {
  if (value === undefined) return;
  const container = schema.of !== 'scalar' && schema.of !== 'atomic';
  table.set(JSON.stringify(steps), { steps, value, container });
  if (schema.of === 'map')
    for (const [name, member] of Object.entries(value as object)) fill(table, member, schema.value, [...steps, `f:${name}`]);
  if (schema.of === 'struct')
    for (const [name, member] of Object.entries(schema.members))
      fill(table, (value as Record<string, unknown>)[name], member, [...steps, `f:${name}`]);
  if (schema.of === 'set')
    for (const item of value as string[])
      table.set(JSON.stringify([...steps, `v:${JSON.stringify(item)}`]), {
        steps: [...steps, `v:${JSON.stringify(item)}`],
        value: item,
        container: false,
      });
  if (schema.of !== 'list') return;
  for (const item of value as Record<string, unknown>[]) {
    const step = `k:${JSON.stringify(Object.fromEntries(schema.keys.map((key) => [key, item[key]])))}`;
    fill(table, item, { of: 'struct', members: { ...Object.fromEntries(schema.keys.map((key) => [key, scalar])), ...schema.members } }, [
      ...steps,
      step,
    ]);
  }
}

/** Everything in an object as a field set, as somebody would own it who had made all of it; nobody owns all metadata. */
export function ownedBy(object: unknown, schema: Schema = SCHEMA): FieldsV1 {
  return setOf(
    [...tableOf(object, schema).values()].map(({ steps }) => steps).filter((steps) => steps.length > 0 && steps.at(-1) !== 'f:metadata'),
  );
}

/** A field set with these members. */
export function setOf(paths: readonly (readonly string[])[]): FieldsV1 {
  interface Node {
    readonly children: Map<string, Node>;
    member: boolean;
  }
  const root: Node = { children: new Map(), member: false };
  for (const path of paths) {
    let node = root;
    for (const step of path) {
      const next = node.children.get(step) ?? { children: new Map<string, Node>(), member: false };
      node.children.set(step, next);
      node = next;
    }
    node.member = true;
  }
  const build = (node: Node): FieldsV1 =>
    Object.fromEntries([
      ...(node.member && node.children.size > 0 ? [['.', {}] as const] : []),
      ...[...node.children].map(([step, child]) => [step, build(child)] as const),
    ]);
  return build(root);
}

/** Which lines of tables a field set is about: its members, and all below those without listed children. */
export function coveredBy(set: FieldsV1): (line: Line) => boolean {
  return ({ steps }) => {
    let node: FieldsV1 = set;
    for (const step of steps) {
      if (Object.keys(node).length === 0 && node !== set) return true;
      const next = Object.hasOwn(node, step) ? node[step] : undefined;
      if (next === undefined) return false;
      node = next;
    }
    return node !== set && (Object.keys(node).length === 0 || Object.hasOwn(node, '.'));
  };
}

/** Whether two tables say the same of a line: containers need only be there on both sides. */
export function sameLine(key: string, a: Table, b: Table): boolean {
  const [one, other] = [a.get(key), b.get(key)];
  if (one === undefined || other === undefined) return one === other;
  return one.container || isDeepStrictEqual(one.value, other.value);
}

/** An edit that makes one place of an object as it is in another, or moves an item of a list to the front. */
export function edited(object: KubeObject, towards: KubeObject, line: Line): KubeObject {
  return asObject(editedAt(object, towards, SCHEMA, line.steps));
}

function editedAt(value: unknown, towards: unknown, schema: Schema, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return towards;
  if (schema.of === 'set') {
    const item: unknown = JSON.parse(step.slice(2));
    const without = ((value ?? []) as unknown[]).filter((one) => one !== item);
    return ((towards ?? []) as unknown[]).includes(item) ? [item, ...without] : without;
  }
  if (schema.of === 'list') {
    const matches = (item: unknown): boolean =>
      Object.entries(JSON.parse(step.slice(2)) as object).every(([key, wanted]) => (item as Record<string, unknown>)[key] === wanted);
    const [mine, theirs] = [value, towards].map((list) => ((list ?? []) as unknown[]).find(matches));
    if (rest.length > 0 && mine === undefined) return value;
    const next = editedAt(mine, theirs, { of: 'struct', members: schema.members }, rest);
    return [...(next === undefined ? [] : [next]), ...((value ?? []) as unknown[]).filter((item) => item !== mine)];
  }
  const name = step.slice(2);
  const below = schema.of === 'map' ? schema.value : schema.of === 'struct' ? (schema.members[name] ?? scalar) : scalar;
  const [mine, theirs] = [value, towards].map((map) =>
    typeof map === 'object' && map !== null && Object.hasOwn(map, name) ? (map as Record<string, unknown>)[name] : undefined,
  );
  const next = editedAt(mine, theirs, below, rest);
  const others = Object.entries(value ?? {}).filter(([key]) => key !== name);
  if (next === undefined && value === undefined) return undefined;
  return Object.fromEntries(next === undefined ? others : [...others, [name, next]]);
}
