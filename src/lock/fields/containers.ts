import type { FieldsV1 } from '../../kube/object.ts';
import { deeper } from './depth.ts';
import { childOf, isLeaf, LEAF, nodeOf, stepsOf } from './node.ts';

/**
 * A set without the maps and lists that only hold other members of it: what is left is told by values, whoever has made, or
 * emptied, the places where they are. Throws `FieldsError` at too deep a nesting.
 */
export function withoutContainers(fields: FieldsV1): FieldsV1 {
  return strip(fields, 0);
}

function strip(node: FieldsV1, depth: number): FieldsV1 {
  const steps = stepsOf(node);
  if (isLeaf(node) || steps.length === 0) return node;
  const below = deeper(depth);
  return (
    nodeOf(
      false,
      steps.map((step) => [step, strip(childOf(node, step) ?? LEAF, below)] as const),
    ) ?? LEAF
  );
}
