import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { limitBounds } from '../../src/server/config-file.ts';
import { roles } from '../../src/service/access/users.ts';
import { Profiles } from '../../src/service/profiles.ts';

interface Schema {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

const chart = new URL('../../deploy/chart/', import.meta.url);
const text = readFileSync(new URL('values.yaml', chart), 'utf8');
const values = load(text) as Record<string, Record<string, unknown>>;
const schema: Schema = JSON.parse(readFileSync(new URL('values.schema.json', chart), 'utf8'));

describe('values of the chart', () => {
  it('are each explained', () => {
    const lines = text.split('\n');
    const unexplained = lines.filter((line, index) => {
      const [, indent] = /^( {0,2})[a-zA-Z]+:/.exec(line) ?? [];
      return indent === '  ' && !/^ +#/.test(lines[index - 1] ?? '');
    });
    expect(unexplained).toEqual([]);
  });

  it('are those of the schema, which rejects others', () => {
    const { global, ...sections } = schema.properties ?? {};
    expect(global).toBeDefined();
    expect(Object.keys(sections)).toEqual(Object.keys(values));
    expect(schema.additionalProperties).toBe(false);
    for (const [name, section] of Object.entries(sections)) {
      expect(Object.keys(section.properties ?? {}), name).toEqual(Object.keys(values[name] ?? {}));
      expect(section.required, name).toEqual(Object.keys(values[name] ?? {}).toSorted());
      expect(section.additionalProperties, name).toBe(false);
    }
  });

  it("have the same bounds for the server's limits as the server", () => {
    const { maxStatementSeconds, ...limits } = schema.properties?.server?.properties?.limits?.properties ?? {};
    expect(Object.keys(maxStatementSeconds?.properties ?? {})).toEqual(roles);
    const bounds = Object.entries(limits).map(([name, { minimum, maximum }]) => [name, minimum, maximum]);
    expect(bounds).toEqual(Object.entries(limitBounds).map(([name, [, least, most]]) => [name, least, most]));
  });

  it('have the same keys of profiles as the server', () => {
    const { additionalProperties } = schema.properties?.server?.properties?.profiles ?? {};
    const [ofServer] = Object.values(Profiles.patternProperties);
    const ofChart = (additionalProperties as Schema).properties;
    expect(Object.keys(ofChart ?? {}).toSorted()).toEqual(Object.keys(ofServer!.properties).toSorted());
  });

  it('are each used by a template, and templates use no others', () => {
    const used = new Set([...templates().matchAll(/\.Values\.(\w+\.\w+)/g)].map(([, path]) => path));
    const written = Object.entries(values).flatMap(([name, section]) =>
      Object.keys(section).map((key) => `${name}.${key}`),
    );
    // Taken by the claim's name.
    const byName = ['claims.datasets', 'claims.models'];
    expect([...used, ...byName].toSorted()).toEqual(written.toSorted());
  });
});

function templates(): string {
  const folder = new URL('templates/', chart);
  return readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
}
