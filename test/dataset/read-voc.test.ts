import { describe, expect, it } from 'vitest';
import { readVoc } from '../../src/dataset/voc/read-voc.ts';

const object = (inside: string) =>
  `<object><name>dog</name>${inside}<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30.5</xmax><ymax>40</ymax></bndbox></object>`;
const file = (inside: string, before = '') =>
  `${before}<annotation><folder>VOC2012</folder><filename>a.jpg</filename><size><width>50</width><height>60</height><depth>3</depth></size>${inside}</annotation>\n`;

const read = (text: string) => readVoc(text, 'a.xml');

describe('an annotation file of PASCAL VOC', () => {
  it('gives its picture and objects', () => {
    expect(read(file(object('<pose>Left</pose><truncated>1</truncated><difficult>0</difficult>')))).toEqual({
      fileName: 'a.jpg',
      width: 50,
      height: 60,
      parts: 0,
      objects: [
        {
          name: 'dog',
          pose: 'Left',
          truncated: 1,
          difficult: 0,
          occluded: null,
          xmin: 1,
          ymin: 2,
          xmax: 30.5,
          ymax: 40,
        },
      ],
    });
  });

  it('may have parts inside objects, which are not objects', () => {
    const part =
      '<part><name>head</name><bndbox><xmin>7</xmin><ymin>7</ymin><xmax>8</xmax><ymax>8</ymax></bndbox></part>';
    const { objects, parts } = read(file(`${object(part)}${object('')}`));
    expect(parts).toBe(1);
    expect(objects.map(({ name, xmin }) => [name, xmin])).toEqual([
      ['dog', 1],
      ['dog', 1],
    ]);
  });

  it('may have escaped names, comments and CDATA', () => {
    const text = file(object('')).replace('dog', '<!-- x -->R&amp;B <![CDATA[<car>]]>');
    expect(read(text).objects[0]?.name).toBe('R&B <car>');
  });

  it('opens no other file and expands no entities', () => {
    const doctype = '<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
    expect(() => read(file(object('<pose>&x;</pose>'), doctype))).toThrow(
      expect.objectContaining({ code: 'DATASET_INVALID', message: expect.stringContaining('undefined entity') }),
    );
  });

  it('is an error if it is cut off anywhere', () => {
    const text = file(object('<pose>Left</pose>')).trim();
    for (let end = 0; end < text.length; end++)
      expect(() => read(text.slice(0, end))).toThrow(expect.objectContaining({ code: 'DATASET_TRUNCATED' }));
  });

  it.each([
    ['<html></html>', 'a.xml begins with <html>; expected <annotation>'],
    [file('<a></b>'), /^a\.xml is not valid XML at line 1, column \d+: /],
    [file('').replace('a.jpg', ''), 'a.xml has no <filename>'],
    [file('').replace('50', '5.5'), "a.xml has '5.5' as <width> of <size>; expected a whole number, 1 or more"],
    [
      file(object('')).replace('<xmin>1</xmin>', ''),
      'a.xml: object 1 has nothing as <xmin> of <bndbox>; expected a number',
    ],
    [file(object('')).replace('30.5', 'wide'), "a.xml: object 1 has 'wide' as <xmax> of <bndbox>; expected a number"],
    [file(object('<difficult>2</difficult>')), "a.xml: object 1 has '2' as <difficult>; expected 0 or 1"],
    [file('<a>'.repeat(100) + '</a>'.repeat(100)), 'a.xml is nested deeper than 50'],
  ])('is refused if it is wrong: %.30s', (text, message) => {
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'DATASET_INVALID', message: expected }));
  });
});
