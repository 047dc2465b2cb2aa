import { z } from 'zod';
import type { ValidationRule } from './resource.ts';

/** A structural schema as a CRD holds it, plus `documentedDefault`, which is for readers only. */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description: string;
  readonly documentedDefault?: string;
  readonly default?: unknown;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
}

type JsonSchema = Readonly<Record<string, unknown>>;

const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

/** Keywords that mean the same in JSON Schema and in a CRD. */
const KEPT = new Set(
  'type documentedDefault default enum minLength maxLength minItems maxItems x-kubernetes-validations x-kubernetes-list-type x-kubernetes-list-map-keys'.split(
    ' ',
  ),
);

/** Keywords that are rewritten below. */
const REWRITTEN = new Set('description format pattern minimum maximum properties required items additionalProperties'.split(' '));

/** The schema cannot be written as a CRD's structural schema. The message names the field and what is in the way. */
export class UnconvertibleSchemaError extends Error {
  override readonly name = 'UnconvertibleSchemaError';

  constructor(path: string, fault: string) {
    super(`${path}: ${fault}`);
  }
}

/**
 * The structural schema of a zod schema. Every field needs a description; anything that a CRD cannot say (unions, references, tuples,
 * unknown types) throws `UnconvertibleSchemaError`. `path` is how messages name the root.
 */
export function structuralSchema(schema: z.ZodType, path: string): StructuralSchema {
  return convert(jsonSchemaOf(schema, path), path);
}

function jsonSchemaOf(schema: z.ZodType, path: string): JsonSchema {
  try {
    return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' });
  } catch (error) {
    throw new UnconvertibleSchemaError(path, error instanceof Error ? error.message : String(error));
  }
}

function convert(schema: JsonSchema, path: string): StructuralSchema {
  for (const keyword of Object.keys(schema)) {
    if (!KEPT.has(keyword) && !REWRITTEN.has(keyword)) throw new UnconvertibleSchemaError(path, `a CRD has no way to say ${keyword}`);
  }
  const { type, description } = schema;
  if (typeof type !== 'string' || !TYPES.has(type)) throw new UnconvertibleSchemaError(path, 'it has no single type');
  if (typeof description !== 'string' || description === '') throw new UnconvertibleSchemaError(path, 'it has no description');
  const kept = Object.fromEntries(Object.entries(schema).filter(([keyword]) => KEPT.has(keyword)));
  const converted: unknown = {
    ...kept,
    description,
    ...(type === 'integer' ? integer(schema) : bounds(schema)),
    ...text(schema),
    ...object(schema, path),
    ...(type === 'array' ? { items: convert(schema.items as JsonSchema, `${path}[]`) } : {}),
  };
  return converted as StructuralSchema;
}

// zod bounds every integer by what a double holds exactly, which is nobody's wish. The bounds of int32 stay: the API server takes the
// format for a comment.
function integer(schema: JsonSchema): object {
  const narrow = schema.minimum === -(2 ** 31) || schema.maximum === 2 ** 31 - 1;
  return { format: narrow ? 'int32' : 'int64', ...bounds(schema, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) };
}

function bounds(schema: JsonSchema, implied: readonly number[] = []): object {
  const [lowest, highest] = implied;
  return {
    ...(schema.minimum === undefined || schema.minimum === lowest ? {} : { minimum: schema.minimum }),
    ...(schema.maximum === undefined || schema.maximum === highest ? {} : { maximum: schema.maximum }),
  };
}

// The API server knows date-time by its format; zod's pattern for it is wider than anyone wants to read.
function text(schema: JsonSchema): object {
  if (schema.format === 'date-time') return { format: 'date-time' };
  return schema.pattern === undefined ? {} : { pattern: schema.pattern };
}

function object(schema: JsonSchema, path: string): object {
  if (schema.type !== 'object') return {};
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const fields = properties.map(([name, field]) => [name, convert(field, `${path}.${name}`)] as const);
  return {
    ...(fields.length === 0 ? {} : { properties: Object.fromEntries(fields) }),
    ...(Array.isArray(schema.required) ? { required: schema.required } : {}),
    ...furtherFields(schema.additionalProperties, path, fields.length > 0),
  };
}

// `false` needs no words: the API server prunes what is not declared.
function furtherFields(values: unknown, path: string, hasProperties: boolean): object {
  if (typeof values !== 'object' || values === null) return {};
  if (Object.keys(values).length === 0) return { 'x-kubernetes-preserve-unknown-fields': true };
  if (hasProperties) throw new UnconvertibleSchemaError(path, 'a CRD has either properties or additionalProperties');
  return { additionalProperties: convert(values as JsonSchema, `${path}.*`) };
}
