import { API_VERSION, GROUP } from './group.ts';
import { heading, NOTE, table } from './markdown.ts';
import type { ResourceDefinition, ValidationRule } from './resource.ts';
import { structuralSchema } from './structural-schema.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** The reference of the resources, as Markdown. */
export function apiPage(definitions: readonly ResourceDefinition[]): string {
  return [
    heading(1, 'API reference'),
    NOTE,
    `All resources belong to the API group \`${GROUP}\`, have \`apiVersion: ${API_VERSION}\` and live in a namespace.`,
    'A default that is marked _stored_ is written into the object by the API server; the others take effect without being written.',
    ...definitions.flatMap(resourceSection),
  ].join('\n\n');
}

function resourceSection(definition: ResourceDefinition): readonly string[] {
  const spec = structuralSchema(definition.spec, 'spec');
  return [
    heading(2, definition.kind),
    definition.description,
    `\`kubectl get ${definition.plural}.${GROUP}\`, in short ${definition.shortNames.map((name) => `\`kubectl get ${name}\``).join(', ')}; \`kubectl get janus\` lists all resources of Janus.`,
    heading(3, `${definition.kind}: spec`),
    fieldTable('spec', spec, definition.specRequired),
    ...ruleList(definition, spec),
    ...(definition.status === undefined
      ? []
      : [heading(3, `${definition.kind}: status`), fieldTable('status', structuralSchema(definition.status, 'status'), false)]),
    heading(3, `${definition.kind}: columns of kubectl get`),
    table(
      ['Column', 'Field', 'Shown', 'Meaning'],
      definition.columns.map(({ name, jsonPath, priority, description }) => [
        name,
        `\`${jsonPath}\``,
        priority === 1 ? 'with `-o wide`' : 'always',
        description,
      ]),
    ),
    `\`--field-selector\` takes ${definition.selectableFields.map((path) => `\`${path.slice(1)}\``).join(', ')}.`,
  ];
}

function fieldTable(name: string, schema: StructuralSchema, required: boolean): string {
  return table(['Field', 'Type', 'Required', 'Default', 'Description'], fieldRows(name, schema, required));
}

function fieldRows(path: string, schema: StructuralSchema, required: boolean): readonly (readonly string[])[] {
  const own = [`\`${path}\``, typeText(schema), required ? 'yes' : 'no', defaultText(schema), schema.description + limitText(schema)];
  const { properties = {}, required: needed = [], items } = schema;
  return [
    own,
    ...Object.entries(properties).flatMap(([name, field]) => fieldRows(`${path}.${name}`, field, needed.includes(name))),
    ...(items === undefined ? [] : childRows(`${path}[]`, items)),
  ];
}

// The row of a list stands for its elements too: what matters is their fields.
function childRows(path: string, items: StructuralSchema): readonly (readonly string[])[] {
  return fieldRows(path, items, true).slice(1);
}

function typeText(schema: StructuralSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.items !== undefined) return `list of ${schema.items.type}s`;
  if (schema.format === 'date-time') return 'time (RFC 3339)';
  return schema.format ?? schema.type;
}

function defaultText(schema: StructuralSchema): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\` (stored)`;
  return schema.documentedDefault ?? '';
}

function limitText(schema: StructuralSchema): string {
  const { minLength, maxLength, minimum = -Infinity } = schema;
  const limits = [
    ...(minLength === undefined ? [] : [minLength === 1 ? 'not empty' : `at least ${minLength} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    // What the format implies needs no words.
    ...(minimum < -(2 ** 30) ? [] : [`at least ${minimum}`]),
  ];
  return limits.length === 0 ? '' : ` (${limits.join(', ')})`;
}

function ruleList(definition: ResourceDefinition, spec: StructuralSchema): readonly string[] {
  const rules = [...definition.rules.map((rule) => ruleText('', rule)), ...rulesOf('spec', spec)];
  return rules.length === 0
    ? []
    : ['Rules that the API server itself enforces:', [...new Set(rules)].map((rule) => `- ${rule}`).join('\n')];
}

function rulesOf(path: string, schema: StructuralSchema): readonly string[] {
  return [
    ...(schema['x-kubernetes-validations'] ?? []).map((rule) => ruleText(path, rule)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rulesOf(`${path}.${name}`, field)),
  ];
}

function ruleText(path: string, { fieldPath = '', message }: ValidationRule): string {
  return `\`${`${path}${fieldPath}`.replace(/^\./, '')}\`: ${message}`;
}
