import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHUNK_BYTES, decodeImages, encodeImages, groupsOf } from '../../src/transaction/images.ts';

const object = (data: Readonly<Record<string, string>>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

const json = (value: unknown): string => JSON.stringify(value);

describe('before-images', () => {
  test('come back as they were', () => {
    const images = [object({ a: 'ä€😀' }), object({})];
    expect(decodeImages(encodeImages(images.map(json)))).toEqual(images);
  });

  test('of any size fit into Secrets of 900 KB', () => {
    const images = [object({ blob: randomBytes(2_000_000).toString('base64') })];
    const chunks = encodeImages(images.map(json));
    expect(chunks.length).toBeGreaterThan(2);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(decodeImages(chunks)).toEqual(images);
  });

  test('are compressed some megabytes at a time, each in one group and in order', () => {
    const large = object({ blob: 'x'.repeat(1_400_000) });
    const all = new Map(Array.from({ length: 30 }, (_, at) => [at * 2, at === 7 ? object({}) : large] as const));
    const groups = [...groupsOf(all)];
    expect(groups.flatMap(({ targets }) => targets)).toEqual([...all.keys()]);
    expect(groups.flatMap(({ images }) => images.map((image) => JSON.parse(image) as unknown))).toEqual([...all.values()]);
    expect(groups.length).toBeGreaterThan(10);
    for (const { images } of groups) expect(images.join().length).toBeLessThan(5_000_000);
    expect([...groupsOf(new Map())]).toEqual([]);
    expect([...groupsOf(new Map([[0, object({ blob: 'x'.repeat(6_000_000) })]]))]).toHaveLength(1);
  });

  test('of which a part is missing or damaged are an error, never a part of the truth', () => {
    const chunks = encodeImages([json(object({ blob: randomBytes(2_000_000).toString('base64') }))]);
    expect(() => decodeImages(chunks.slice(0, -1))).toThrow();
    expect(() => decodeImages([Buffer.from('no gzip')])).toThrow();
  });
});
