import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { structuralSchema, UnconvertibleSchemaError } from '../../src/api/structural-schema.ts';

const convert = (schema: z.ZodType): unknown => structuralSchema(schema, 'spec');

describe('structuralSchema', () => {
  test('bounds an int32, whose format the API server does not look at, and no other integer', () => {
    expect(convert(z.int32().describe('d'))).toEqual({
      type: 'integer',
      format: 'int32',
      minimum: -2147483648,
      maximum: 2147483647,
      description: 'd',
    });
    expect(convert(z.int32().min(0).describe('d'))).toEqual({
      type: 'integer',
      format: 'int32',
      minimum: 0,
      maximum: 2147483647,
      description: 'd',
    });
    expect(convert(z.int().describe('d'))).toEqual({ type: 'integer', format: 'int64', description: 'd' });
    expect(convert(z.int().min(1).max(9).describe('d'))).toEqual({
      type: 'integer',
      format: 'int64',
      minimum: 1,
      maximum: 9,
      description: 'd',
    });
  });

  test('keeps numbers, strings, enumerations and defaults', () => {
    expect(convert(z.number().min(0.5).describe('d'))).toEqual({ type: 'number', minimum: 0.5, description: 'd' });
    expect(convert(z.string().min(1).max(9).regex(/^a$/).describe('d'))).toEqual({
      type: 'string',
      minLength: 1,
      maxLength: 9,
      pattern: '^a$',
      description: 'd',
    });
    expect(convert(z.enum(['a', 'b']).default('a').describe('d'))).toEqual({
      type: 'string',
      enum: ['a', 'b'],
      default: 'a',
      description: 'd',
    });
  });

  test('trusts the format of a time', () => {
    expect(convert(z.iso.datetime().describe('d'))).toEqual({ type: 'string', format: 'date-time', description: 'd' });
  });

  test('requires what is neither optional nor defaulted', () => {
    const schema = z
      .object({ a: z.string().describe('d'), b: z.string().optional().describe('d'), c: z.boolean().default(true).describe('d') })
      .describe('d');
    expect(convert(schema)).toMatchObject({ type: 'object', required: ['a'] });
  });

  test('opens an object of unknown fields', () => {
    expect(convert(z.looseObject({}).describe('d'))).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      description: 'd',
    });
    expect(convert(z.looseObject({ a: z.string().describe('e') }).describe('d'))).toEqual({
      type: 'object',
      properties: { a: { type: 'string', description: 'e' } },
      required: ['a'],
      'x-kubernetes-preserve-unknown-fields': true,
      description: 'd',
    });
  });

  test('leaves a strict object to the pruning of the API server', () => {
    expect(convert(z.strictObject({ a: z.string().optional().describe('e') }).describe('d'))).toEqual({
      type: 'object',
      properties: { a: { type: 'string', description: 'e' } },
      description: 'd',
    });
  });

  test('keeps maps and lists with their keys and rules', () => {
    const list = z.array(z.object({ name: z.string().describe('n') }).describe('e')).meta({
      description: 'd',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-validations': [{ rule: 'true', message: 'm' }],
    });
    expect(convert(list)).toEqual({
      type: 'array',
      description: 'd',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-validations': [{ rule: 'true', message: 'm' }],
      items: { type: 'object', description: 'e', required: ['name'], properties: { name: { type: 'string', description: 'n' } } },
    });
    expect(convert(z.record(z.string(), z.string().describe('v')).describe('d'))).toEqual({
      type: 'object',
      description: 'd',
      additionalProperties: { type: 'string', description: 'v' },
    });
  });

  test.each([
    ['a field without a description', z.object({ a: z.string() }).describe('d'), 'spec.a: it has no description'],
    ['an element without a description', z.array(z.string()).describe('d'), 'spec[]: it has no description'],
    ['a union', z.union([z.string(), z.int()]).describe('d'), 'spec: a CRD has no way to say anyOf'],
    ['an intersection', z.intersection(z.string().min(1), z.string().max(2)).describe('d'), 'spec: '],
    ['anything at all', z.object({ a: z.unknown().describe('d') }).describe('d'), 'spec.a: it has no single type'],
    ['what JSON cannot hold', z.object({ a: z.bigint().describe('d') }).describe('d'), 'spec: '],
    ['a nullable field', z.object({ a: z.string().nullable().describe('d') }).describe('d'), 'spec.a: a CRD has no way to say'],
    ['a schema that refers to itself', recursive(), 'spec'],
    ['exclusive bounds', z.object({ a: z.number().gt(1).describe('d') }).describe('d'), 'spec.a: a CRD has no way to say exclusiveMinimum'],
    [
      'fields beside a map',
      z
        .object({ a: z.string().describe('e') })
        .catchall(z.string().describe('v'))
        .describe('d'),
      'spec: a CRD has either',
    ],
    ['keywords nobody knows', z.string().meta({ description: 'd', 'x-other': 1 }), 'spec: a CRD has no way to say x-other'],
  ])('refuses %s and names it', (_, schema, message) => {
    expect(() => convert(schema)).toThrow(UnconvertibleSchemaError);
    expect(() => convert(schema)).toThrow(message);
  });
});

function recursive(): z.ZodType {
  const node = z.object({
    get next() {
      return node.optional();
    },
  });
  return node.describe('d');
}
