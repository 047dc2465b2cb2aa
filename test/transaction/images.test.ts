import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHUNK_BYTES, decodeImages, encodeImages } from '../../src/transaction/images.ts';

const object = (data: Readonly<Record<string, string>>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

describe('before-images', () => {
  test('come back as they were', () => {
    const images = [object({ a: 'ä€😀' }), object({})];
    expect(decodeImages(encodeImages(images))).toEqual(images);
  });

  test('of any size fit into Secrets of 900 KB', () => {
    const images = [object({ blob: randomBytes(2_000_000).toString('base64') })];
    const chunks = encodeImages(images);
    expect(chunks.length).toBeGreaterThan(2);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(decodeImages(chunks)).toEqual(images);
  });

  test('of which a part is missing or damaged are an error, never a part of the truth', () => {
    const chunks = encodeImages([object({ blob: randomBytes(2_000_000).toString('base64') })]);
    expect(() => decodeImages(chunks.slice(0, -1))).toThrow();
    expect(() => decodeImages([Buffer.from('no gzip')])).toThrow();
  });
});
