/** A place in a JSON value: the keys that lead there. */
export type Path = readonly (string | number)[];

/** Marks a member that is left out. */
export const MISSING: unique symbol = Symbol('missing');

/** Every place in a JSON value, the value itself apart, parents before children. */
export function pathsOf(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [...keys].flatMap((key) => [[...at, key], ...pathsOf((value as Record<string | number, unknown>)[key], [...at, key])]);
}

/** The same value with something else at one place; `MISSING` takes it out. */
export function withAt(value: unknown, path: Path, put: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return put;
  if (Array.isArray(value)) return value.map((one: unknown, at) => (at === key ? withAt(one, rest, put === MISSING ? null : put) : one));
  const members = value as Readonly<Record<string, unknown>>;
  const next = rest.length === 0 ? put : withAt(members[key], rest, put);
  return Object.fromEntries(Object.entries({ ...members, [key]: next }).filter(([, one]) => one !== MISSING));
}

/** Values that nobody expects, by what is strange about them. */
export const STRANGE: Readonly<Record<string, unknown>> = {
  missing: MISSING,
  null: null,
  true: true,
  false: false,
  zero: 0,
  negative: -1,
  fraction: 0.5,
  huge: 1.7976931348623157e308,
  empty: '',
  text: 'x',
  'zero byte': '\u0000',
  'line breaks': 'a\r\nSet-Cookie: b\u2028c',
  'lone surrogate': '\ud800',
  'right to left': '\u202Eadmin\u0007',
  'a property of objects': '__proto__',
  template: '${7*7}%s%n{{.}}',
  'a hundred thousand letters': 'x'.repeat(100_000),
  list: [],
  'list of nothing': [null],
  'list of lists': [[[]]],
  object: {},
  'object of strange keys': JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}},"toString":1,"":1}') as unknown,
  'nested a thousand deep': JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) as unknown,
};
