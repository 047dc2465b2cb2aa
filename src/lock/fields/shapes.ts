import type { FieldsV1, KubeObject } from '../../kube/object.ts';
import { unionOf } from './set.ts';
import { isList, isMap, own } from './value.ts';

/**
 * Every field that anybody owns in these objects: it tells which lists are associative (`k:` steps), which are sets
 * (`v:` steps), and which maps are atomic (a leaf). Only entries in an object's own apiVersion say something about it.
 */
export function shapesOf(...objects: readonly KubeObject[]): FieldsV1 {
  return unionOf(...objects.flatMap((object) => ownedIn(object)));
}

function ownedIn(object: KubeObject): readonly FieldsV1[] {
  const entries: unknown = own(object.metadata, 'managedFields');
  if (!isList(entries)) return [];
  return entries.filter((entry) => own(entry, 'apiVersion') === object.apiVersion).flatMap((entry) => fieldsOf(own(entry, 'fieldsV1')));
}

function fieldsOf(fields: unknown): readonly FieldsV1[] {
  return isMap(fields) ? [fields as FieldsV1] : [];
}
