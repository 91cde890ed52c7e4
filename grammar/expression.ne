# Expressions of WITH, COLUMN, MAXIMIZE, MINIMIZE and CONSTRAINT, loosest operator first.

@lexer lexer

expression -> disjunction {% node.only %}

disjunction -> conjunction {% node.only %}
  | disjunction %OR conjunction {% ([left, operator, right]) => node.binary(left, operator, right) %}

conjunction -> negation {% node.only %}
  | conjunction %AND negation {% ([left, operator, right]) => node.binary(left, operator, right) %}

negation -> comparison {% node.only %}
  | %NOT negation {% ([operator, operand]) => node.unary(operator, operand) %}

comparison -> sum {% node.only %}
  | comparison %comparison sum {% ([left, operator, right]) => node.binary(left, operator, right) %}
  | comparison %equals sum {% ([left, operator, right]) => node.binary(left, operator, right) %}

sum -> product {% node.only %}
  | sum %sign product {% ([left, operator, right]) => node.binary(left, operator, right) %}

product -> power {% node.only %}
  | product %star power {% ([left, operator, right]) => node.binary(left, operator, right) %}
  | product %factor power {% ([left, operator, right]) => node.binary(left, operator, right) %}

power -> signed {% node.only %}
  | power %power signed {% ([left, operator, right]) => node.binary(left, operator, right) %}

signed -> primary {% node.only %}
  | %sign signed {% ([operator, operand]) => node.unary(operator, operand) %}

primary -> %number {% ([token]) => node.number(token) %}
  | %string {% ([token]) => node.string(token) %}
  | %name {% ([token]) => node.word(token) %}
  | %name %open %close {% ([name, , close]) => node.call(name, null, close) %}
  | %name %open expressions %close {% ([name, , items, close]) => node.call(name, items, close) %}
  | %openList %closeList {% ([open, close]) => node.list(open, null, close) %}
  | %openList expressions %closeList {% ([open, items, close]) => node.list(open, items, close) %}
  | %open expression %close {% ([open, inner, close]) => node.bracket(open, inner, close) %}

expressions -> expression {% node.one %}
  | expressions %comma expression {% node.more %}
