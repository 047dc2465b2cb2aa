import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/cli/documents.ts';
import { manifestsOf } from '../../src/cli/manifest.ts';

const manifests = (text: string) => readDocuments(text, 'f.yaml').flatMap((document) => manifestsOf(document));

describe('manifestsOf', () => {
  test('reads what a document says of its object', () => {
    const [manifest] = manifests('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {a: b}');
    expect(manifest).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'shop' });
    expect(manifest?.fields).toMatchObject({ data: { a: 'b' } });
  });

  test('leaves absent what is not said, or is empty or null', () => {
    const [manifest] = manifests('kind: ""\nmetadata: {name: null}\ndata: {a: b}');
    expect(manifest).not.toHaveProperty('apiVersion');
    expect(manifest).not.toHaveProperty('kind');
    expect(manifest).not.toHaveProperty('name');
    expect(manifests('metadata:\ndata: {}')[0]).not.toHaveProperty('name');
  });

  test('expands a List into its items, which keep their places', () => {
    const [first, second] = manifests('apiVersion: v1\nkind: List\nitems:\n- metadata: {name: a}\n- metadata:\n    name: b\n');
    expect([first?.name, second?.name]).toEqual(['a', 'b']);
    expect(second?.fault(['metadata', 'name'], 'so so.').message).toBe('f.yaml:6:11: so so.');
  });

  test('does not expand a List of another group', () => {
    expect(manifests('apiVersion: shop/v1\nkind: List\nitems: [1]')).toHaveLength(1);
  });

  test.each([
    ['- a', 'f.yaml:1:1: the content must be an object (fields with values), and this is a list.'],
    ['hello', 'f.yaml:1:1: the content must be an object (fields with values), and this is a string.'],
    ['apiVersion: v1\nkind: List\nitems: [7]', 'f.yaml:3:9: the content must be an object (fields with values), and this is a number.'],
    ['kind: 7', 'f.yaml:1:7: kind must be text, and 7 is not: put it in quotes.'],
    ['metadata:\n  name: yes', 'f.yaml:2:9: metadata.name must be text, and true is not: put it in quotes.'],
    ['metadata: [1]', 'f.yaml:1:11: metadata must be an object (fields with values).'],
  ])('refuses %j with its place', (text, message) => {
    expect(() => manifests(text)).toThrow(message);
  });
});
