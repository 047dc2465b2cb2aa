import { isMap, put, type JsonMap } from './value.ts';

/** A Secret's content without `stringData`. */
export interface SecretContent {
  readonly content: JsonMap;
  readonly faults: readonly { readonly field: string; readonly message: string }[];
}

/** Moves `stringData` into `data` as a server does on writing: base64 of its UTF-8, and it wins over `data`. No message quotes a value. */
export function dataOfSecret(secret: JsonMap): SecretContent {
  const { stringData, ...content } = secret;
  if (stringData === undefined || stringData === null) return { content, faults: [] };
  if (!isMap(stringData)) return { content, faults: [{ field: 'stringData', message: 'must be an object of strings' }] };
  const wrong = Object.entries(stringData).filter(([, text]) => typeof text !== 'string' && text !== null);
  const faults = wrong.map(([name]) => ({ field: `stringData[${JSON.stringify(name)}]`, message: 'must be a string; put it in quotes' }));
  if (Object.keys(stringData).length === 0) return { content, faults };
  const data: Record<string, unknown> = isMap(content['data']) ? { ...content['data'] } : {};
  for (const [name, text] of Object.entries(stringData))
    put(data, name, Buffer.from(typeof text === 'string' ? text : '', 'utf8').toString('base64'));
  return { content: { ...content, data }, faults };
}
