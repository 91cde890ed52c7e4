# What follows the query of an extended statement, from the verb to the end; and the statements about models.
# Compiled to src/sql/grammar.generated.ts by `npm run build:grammar`.

@preprocessor typescript
@{%
import * as node from './expression-nodes.ts';
import { lexer } from './tokens.ts';
%}
@lexer lexer

statement -> run %end {% node.only %}
  | train %end {% node.only %}
  | predict %end {% node.only %}
  | explain %end {% node.only %}
  | evaluate %end {% node.only %}
  | find %end {% node.only %}
  | optimize %end {% node.only %}
  | showTrain %end {% node.only %}
  | showTrials %end {% node.only %}
  | createModel %end {% node.only %}
  | showModels %end {% node.only %}
  | describeModel %end {% node.only %}
  | dropModel %end {% node.only %}
  | setModel %end {% node.only %}

run -> %RUN reference command:? with:? intoTables:?
  {% ([, image, command, attributes, into]) => ({ kind: 'run', image, command, attributes, into }) %}

train -> %TRAIN reference with:? columns:? label:? using:? intoModel
  {% ([, estimator, attributes, columns, label, using, into]) =>
    ({ kind: 'train', estimator, attributes, columns, label, using, into }) %}

predict -> %PREDICT name with:? using
  {% ([, into, attributes, using]) => ({ kind: 'predict', into, attributes, using }) %}

explain -> %EXPLAIN reference with:? using:? intoTable:?
  {% ([, model, attributes, explainer, into]) => ({ kind: 'explain', model, attributes, explainer, into }) %}

evaluate -> %EVALUATE reference with:? label intoTable
  {% ([, model, attributes, label, into]) => ({ kind: 'evaluate', model, attributes, label, into }) %}

find -> %FIND expression with:? usingModels:? intoTable
  {% ([, predicate, attributes, models, into]) => ({ kind: 'find', predicate, attributes, models, into }) %}

optimize -> %OPTIMIZE expression constraint:? with using:? intoTable
  {% ([direction, objective, constraints, attributes, solver, into]) =>
    ({ kind: 'optimize', direction, objective, constraints, attributes, solver, into }) %}

showTrain -> %SHOW %TRAIN reference {% ([, , model]) => ({ kind: 'showTrain', model }) %}

showTrials -> %SHOW %TRIALS reference {% ([, , model]) => ({ kind: 'showTrials', model }) %}

createModel -> %CREATE %MODEL reference %FROM %string with:?
    {% ([, , model, , from, attributes]) => ({ kind: 'createModel', model, from, like: null, attributes }) %}
  | %CREATE %MODEL reference %LIKE reference with:?
    {% ([, , model, , like, attributes]) => ({ kind: 'createModel', model, from: null, like, attributes }) %}

showModels -> %SHOW %MODELS like:? {% ([, , like]) => ({ kind: 'showModels', like }) %}
like -> %LIKE %string {% node.second %}

describeModel -> %DESCRIBE %MODEL reference {% ([, , model]) => ({ kind: 'describeModel', model }) %}

dropModel -> %DROP %MODEL reference {% ([, , model]) => ({ kind: 'dropModel', model, ifExists: false }) %}
  | %DROP %MODEL %IF %EXISTS reference {% ([, , , , model]) => ({ kind: 'dropModel', model, ifExists: true }) %}

setModel -> %SET %MODEL reference %VERSION %number
  {% ([, , model, , version]) => ({ kind: 'setModel', model, version }) %}

command -> %CMD strings {% node.second %}
strings -> %string {% node.one %}
  | strings %comma %string {% node.more %}

with -> %WITH attributes {% node.second %}
attributes -> attribute {% node.one %}
  | attributes %comma attribute {% node.more %}
attribute -> %name %equals expression {% ([name, , value]) => ({ name, value }) %}

columns -> columnClause {% node.one %}
  | columns columnClause {% ([previous, item]) => ({ previous, item }) %}
columnClause -> %COLUMN columnItems {% ([keyword, items]) => ({ keyword, items, name: null }) %}
  | %COLUMN columnItems %FOR name {% ([keyword, items, , name]) => ({ keyword, items, name }) %}
columnItems -> columnItem {% node.one %}
  | columnItems %comma columnItem {% node.more %}
columnItem -> expression {% node.only %}
  | %star {% ([token]) => node.word(token) %}

constraint -> %CONSTRAINT constraints {% node.second %}
constraints -> constraintItem {% node.one %}
  | constraints %comma constraintItem {% node.more %}
constraintItem -> expression {% ([expression]) => ({ expression, groupBy: null }) %}
  | expression %GROUP %BY name {% ([expression, , , groupBy]) => ({ expression, groupBy }) %}

label -> %LABEL name {% node.second %}
  | %LABEL %string {% node.second %}

using -> %USING reference {% node.second %}
usingModels -> %USING models {% node.second %}
models -> reference {% node.one %}
  | models %comma reference {% node.more %}

intoModel -> %INTO name {% node.second %}
intoTable -> %INTO name {% node.second %}
intoTables -> %INTO names {% node.second %}
names -> name {% node.one %}
  | names %comma name {% node.more %}

name -> %name {% node.only %}
reference -> %reference {% node.only %}
  | %name {% node.only %}
  | %string {% node.only %}

@include "./expression.ne"
