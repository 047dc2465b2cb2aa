import { isAlias, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Pair, ParsedNode, Scalar } from 'yaml';
import { Fault } from './fault.ts';
import { gather } from './faults.ts';

/** One document of a manifest file. */
export interface ManifestDocument {
  /** A JSON value; nothing is known of its shape. */
  readonly value: unknown;
  /** `file:line:column` of the field at this path, or of the nearest one around it; of several documents in a file, with its number. */
  at(...path: readonly string[]): string;
}

type Parsed = Document.Parsed;

/** More aliases than this in one document are an attack, not a manifest. */
const MAX_ALIASES = 100;

/**
 * Reads JSON, or YAML as Kubernetes tooling does: version 1.1 (`yes` is true, `012` is 10), but dates and `1:30` stay text.
 * Documents that hold nothing are left out.
 *
 * @param file what to call the source in messages.
 * @throws Fault, a line a document, with file, line and column where the text is not YAML, or cannot become JSON without loss.
 */
export function readDocuments(text: string, file: string): readonly ManifestDocument[] {
  const json = readJson(text);
  if (json !== undefined) return [{ value: json.value, at: () => file }];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !NOT_JSON_TAGS.test(`${tag.tag} ${'format' in tag ? (tag.format ?? '') : ''}`)),
  });
  if (!Array.isArray(documents)) return [];
  const place = (offset: number, number: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}${documents.length > 1 ? ` (document ${number})` : ''}`;
  };
  return gather([...documents.entries()], ([index, document]) => toManifest(document, (offset) => place(offset, index + 1))).flat();
}

/** YAML 1.1 types that JSON does not have. */
const NOT_JSON_TAGS = /timestamp|binary|omap|pairs|set|TIME/;

function readJson(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // Several documents, or YAML in flow style: the YAML reader says what is wrong, and where.
    return undefined;
  }
}

function toManifest(document: Parsed, place: (offset: number) => string): readonly ManifestDocument[] {
  const [error] = document.errors;
  if (error !== undefined) throw new Fault(`${place(error.pos[0])}: this is not valid YAML: ${firstLine(error.message)}.`);
  const [tag] = document.warnings;
  if (tag !== undefined) throw new Fault(`${place(tag.pos[0])}: this YAML has a tag that JSON has no type for: write the plain value.`);
  refuseLossy(document, place);
  const value = toJson(document, place);
  if (value === null || value === undefined) return [];
  return [{ value, at: (...path) => place(offsetOf(document, path)) }];
}

function toJson(document: Parsed, place: (offset: number) => string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (error) {
    const words = error instanceof Error ? firstLine(error.message) : '';
    const why = words.startsWith('Excessive alias') ? 'its aliases (*name) expand to too much: write the values out' : words;
    throw new Fault(`${place(document.range[0])}: this YAML cannot be read: ${why}.`, { cause: error });
  }
}

/** Refuses what would silently become something else in JSON. */
function refuseLossy(document: Parsed, place: (offset: number) => string): void {
  visit(document, {
    Pair: (_key, pair) => refuseKey(pair as Pair<ParsedNode, ParsedNode | null>, place),
    Scalar: (key, node) => {
      if (key !== 'key') refuseNumber(node, place);
    },
  });
}

// kubectl turns whole numbers into text keys, which is harmless; `y:` or `null:` as a key is always a mistake.
function refuseKey(pair: Pair<ParsedNode, ParsedNode | null>, place: (offset: number) => string): void {
  const { key } = pair;
  if (isAlias(key)) throw new Fault(`${place(key.range[0])}: an alias cannot be a key: write the key out.`);
  if (!isScalar(key)) throw new Fault(`${place(key.range[0])}: a key must be text.`);
  const { value, source } = key;
  if (typeof value === 'string' || typeof value === 'symbol') return;
  if (typeof value === 'number' && Number.isSafeInteger(value) && String(value) === source) return;
  throw new Fault(
    `${place(key.range[0])}: the key ${source} reads as ${value === null ? 'null' : `a ${typeof value}`}, not as text: put it in quotes.`,
  );
}

function refuseNumber(node: Scalar, place: (offset: number) => string): void {
  const { value } = node;
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return;
  const offset = node.range?.[0] ?? 0;
  if (!Number.isFinite(value))
    throw new Fault(`${place(offset)}: ${node.source ?? 'this number'} has no place in JSON: put it in quotes, or leave it out.`);
  if (Number.isInteger(value))
    throw new Fault(`${place(offset)}: ${node.source ?? 'this number'} is too large to keep exactly: put it in quotes if it is text.`);
}

function offsetOf(document: Parsed, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as ParsedNode | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return document.contents?.range[0] ?? document.range[0];
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '');
}
