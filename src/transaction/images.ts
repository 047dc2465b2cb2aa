import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeObject } from '../kube/object.ts';

/** Bytes of one Secret: the API server refuses a Secret over 1 MiB. */
export const CHUNK_BYTES = 900 * 1024;

/** Before-images by target index; a target that did not exist has none. */
export type BeforeImages = ReadonlyMap<number, KubeObject>;

/** Characters of the before-images that are compressed together. */
const GROUP_CHARACTERS = 4 * 1024 * 1024;

/** Before-images that are kept together, each as JSON. */
export interface ImageGroup {
  readonly targets: readonly number[];
  readonly images: readonly string[];
}

/** The before-images in groups of some megabytes, each with one image at least. */
export function* groupsOf(all: BeforeImages): Generator<ImageGroup> {
  let targets: number[] = [];
  let images: string[] = [];
  let size = 0;
  for (const [target, image] of all) {
    const text = JSON.stringify(image);
    if (images.length > 0 && size + text.length > GROUP_CHARACTERS) {
      yield { targets, images };
      [targets, images, size] = [[], [], 0];
    }
    targets.push(target);
    images.push(text);
    size += text.length;
  }
  if (images.length > 0) yield { targets, images };
}

/** One compressed stream, cut by bytes: an object of any size fits, and equal manifests cost next to nothing. */
export function encodeImages(images: readonly string[]): readonly Buffer[] {
  const bytes = gzipSync(`[${images.join(',')}]`, { level: 1 });
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

/** Reads what `encodeImages` wrote. @throws Error when a part is missing or damaged. */
export function decodeImages(chunks: readonly Uint8Array[]): readonly KubeObject[] {
  const value: unknown = JSON.parse(gunzipSync(Buffer.concat(chunks), { maxOutputLength: 512 * 1024 * 1024 }).toString('utf8'));
  if (!Array.isArray(value)) throw new Error('before-images are not a list');
  return value as KubeObject[];
}
