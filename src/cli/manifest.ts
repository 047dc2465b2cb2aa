import type { ManifestDocument } from './documents.ts';
import { Fault } from './fault.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a document says of the object that it describes. Any of it may be absent: the content of a Patch need not say. */
export interface Manifest {
  readonly fields: Fields;
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** `file:line:column` of where it begins. */
  place(): string;
  /** A Fault that begins with the place of the field at `path`. */
  fault(path: readonly string[], words: string): Fault;
}

/**
 * The manifests in a document: itself, or the items of a `v1 List`.
 *
 * @throws Fault where it is not an object, or says what it is in something other than text.
 */
export function manifestsOf(document: ManifestDocument): readonly Manifest[] {
  const manifest = readManifest(document.value, (path) => document.at(...path));
  const { items } = manifest.fields;
  if (manifest.apiVersion !== 'v1' || manifest.kind !== 'List' || !Array.isArray(items)) return [manifest];
  return items.map((item, index) => readManifest(item, (path) => document.at('items', String(index), ...path)));
}

function readManifest(value: unknown, at: (path: readonly string[]) => string): Manifest {
  const fault = (path: readonly string[], words: string): Fault => new Fault(`${at(path)}: ${words}`);
  if (!isFields(value)) throw fault([], `the content must be an object (fields with values), and this is ${describe(value)}.`);
  const metadata = value['metadata'] ?? {};
  if (!isFields(metadata)) throw fault(['metadata'], 'metadata must be an object (fields with values).');
  const text = (fields: Fields, key: string, ...around: readonly string[]): string | undefined => {
    const written = fields[key] ?? '';
    if (typeof written === 'string') return written === '' ? undefined : written;
    const path = [...around, key];
    throw fault(path, `${path.join('.')} must be text, and ${JSON.stringify(written)} is not: put it in quotes.`);
  };
  const apiVersion = text(value, 'apiVersion');
  const kind = text(value, 'kind');
  const name = text(metadata, 'name', 'metadata');
  const namespace = text(metadata, 'namespace', 'metadata');
  return {
    fields: value,
    fault,
    place: () => at([]),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'nothing' : `a ${typeof value}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
