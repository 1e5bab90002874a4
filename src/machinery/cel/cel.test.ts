import { describe, expect, test } from "vitest";
import { celLimits, compileCel } from "./cel.ts";
import { celEnvironment } from "./environment.ts";
import { fromJson } from "./json-values.ts";
import { CelAuthorizer } from "./library/authorizer.ts";
import { authorizerType } from "./library/authorizer.ts";
import { kubernetesLibraries } from "./library/kubernetes.ts";
import { CelCompileError } from "./source-errors.ts";
import { bool, type CelType, dyn, int, listOf, mapOf, objectType, string } from "./types.ts";
import { CelCostError, CelError, type CelValue } from "./values.ts";

const data = {
  name: "web",
  replicas: 3,
  ratio: 0.5,
  labels: { app: "a", "k/x": "y" },
  ports: [80, 443],
  empty: [],
  nothing: null,
};

const spec = objectType("Spec", { name: string, replicas: int, labels: mapOf(string, string) });
const variables: Record<string, CelType> = {
  object: dyn,
  typed: spec,
  names: { ...listOf({ kind: "string", max: 10 }), max: 5 },
  text: { kind: "string", max: 100 },
  authorizer: authorizerType,
  "request.user": string,
};
const env = celEnvironment({ libraries: kubernetesLibraries, variables });

function valueOf(name: string): CelValue {
  switch (name) {
    case "authorizer":
      return new CelAuthorizer(({ verb, resource, namespace }) => ({
        allowed: verb === "get" && resource === "pods" && namespace === "ns",
        reason: "because",
      }));
    case "names":
      return fromJson(["a", "b"], variables["names"]!);
    case "text":
      return "hello";
    case "request.user":
      return "alice";
    default:
      return fromJson(data, variables[name]!);
  }
}

function evaluate(expression: string): CelValue {
  return compileCel(expression, env).evaluate(valueOf).value;
}

describe("expressions that are true", () => {
  test.each(
    `
    1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1
    1.5 + 1.5 == 3.0 && dyn(3) == 3.0 && dyn(1u) == 1 && 2 < 2.5 && 3u > 2
    -9223372036854775808 < 0 && 0x1F == 31 && 1e3 == 1000.0 && .5 == 0.5
    'a' + "b" == r'ab' && '''x''' == 'x' && 'tab\\t'.size() == 4 && '\\u00e9'.size() == 1
    b'abc' == b"abc" && bytes('é').size() == 2 && string(b'\\xc3\\xa9') == 'é' && b'\\xff'.size() == 1
    [1, 2] + [3] == [1, 2, 3] && [1, 2][1] == 2 && 2 in [1, 2] && !(3 in [1, 2])
    {'a': 1}['a'] == 1 && {'a': 1}.a == 1 && 'a' in {'a': 1} && size({'a': 1}) == 1 && {1: 'x'}[dyn(1u)] == 'x'
    true || 1 / 0 > 0
    1 / 0 > 0 || true
    !(false && 1 / 0 > 0) && !(1 / 0 > 0 && false)
    true ? true : 1 / 0 > 0
    object.replicas == 3 && object.ratio == 0.5 && object.ports[1] == 443 && object.nothing == null
    has(object.name) && !has(object.other) && has(object.labels.app) && 'k/x' in object.labels
    typed.replicas + 1 == 4 && typed.labels['app'] == 'a' && request.user == 'alice'
    object.ports.all(p, p > 0) && object.ports.exists(p, p == 80) && object.ports.exists_one(p, p > 100)
    object.ports.map(p, p + 1) == [81, 444] && object.ports.filter(p, p < 100) == [80]
    object.labels.all(k, k.size() > 0) && object.ports.map(p, p > 100, p * 2) == [886]
    [1, 2, 3].exists(x, 1 / (x - 2) > 5 || x == 3)
    ['a', 'b'].all(i, v, i >= 0 && v != 'c') && {'a': 1}.exists(k, v, k == 'a' && v == 1)
    [1, 2].transformList(i, v, i + v) == [1, 3] && {'a': 1}.transformMap(k, v, v + 1) == {'a': 2}
    [1, 2, 3].transformList(i, v, v > 1, v) == [2, 3] && ['x'].transformMapEntry(i, v, {v: i}) == {'x': 0}
    type(1) == int && type('a') == string && type([]) == list && type({}) == map && type(null) == null_type
    type(type(1)) == type && type(duration('1s')) == google.protobuf.Duration
    int('42') == 42 && int(3.9) == 3 && double('1.5') == 1.5 && string(1) == '1' && uint(3) == 3u && bool('true')
    string(1000000.0) == '1e+06' && string(0.1) == '0.1' && string(123456.0) == '123456' && string(1e-7) == '1e-07'
    duration('1h30m').getMinutes() == 90 && duration('-1.5s') < duration('0s') && string(duration('90s')) == '90s'
    timestamp('2024-02-29T12:00:00Z').getMonth() == 1 && timestamp('2024-02-29T12:00:00Z').getDate() == 29
    timestamp('2024-01-01T00:00:00Z').getHours('+02:00') == 2 && timestamp('2024-07-01T00:00:00Z').getHours('Europe/Berlin') == 2
    timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')
    timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')
    'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo') && 'hello'.matches('^h.*o$')
    'a,b'.split(',') == ['a', 'b'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && ['a', 'b'].join('/') == 'a/b'
    'Ab'.lowerAscii() == 'ab' && 'Ab'.upperAscii() == 'AB' && ' x '.trim() == 'x' && 'abc'.charAt(1) == 'b'
    'abcabc'.indexOf('c') == 2 && 'abcabc'.lastIndexOf('c') == 5 && 'abc'.substring(1) == 'bc' && 'abc'.substring(0, 2) == 'ab'
    'aXbX'.replace('X', '-') == 'a-b-' && 'aXbX'.replace('X', '-', 1) == 'a-bX'
    '%s-%d-%.2f-%x-%b'.format(['a', 1, 2.5, 255, 5]) == 'a-1-2.50-ff-101' && strings.quote('a"b') == '"a\\\\"b"'
    [1, 2, 3].sum() == 6 && [3, 1].min() == 1 && ['b', 'a'].max() == 'b' && [1, 2].isSorted() && [1, 2, 1].lastIndexOf(1) == 2
    'abc123'.find('[0-9]+') == '123' && 'a1b2'.findAll('[0-9]') == ['1', '2'] && 'a1b2'.findAll('[0-9]', 1) == ['1']
    url('https://u@example.com:8/p%20q?a=1&a=2').getHost() == 'example.com:8' && url('/x').getEscapedPath() == '/x'
    url('https://[::1]:80/').getHostname() == '::1' && url('https://x/?a=1').getQuery() == {'a': ['1']} && !isURL('x y')
    quantity('1Gi').isGreaterThan(quantity('1Mi')) && quantity('1500m').add(1) == quantity('2.5') && quantity('50k').isInteger()
    quantity('1').compareTo(quantity('2')) == -1 && quantity('3').asInteger() == 3 && !isQuantity('x') && quantity('-1').sign() == -1
    ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.2.3') && !isIP('10.0.0.256') && ip('::1').isLoopback()
    cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && ip.isCanonical('::1')
    sets.contains([1, 2, 3], [2, 3]) && sets.equivalent([1, 1], [1]) && sets.intersects([1], [1, 2])
    [3, 1, 2].sort() == [1, 2, 3] && [[1], [2, 3]].flatten() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2] && lists.range(3) == [0, 1, 2]
    ['bb', 'a'].sortBy(x, x.size()) == ['a', 'bb'] && [1, 2, 3].slice(1, 2) == [2] && [1, 2].reverse() == [2, 1] && [1, 2].first().value() == 1
    format.dns1123Label().validate('Bad_').hasValue() && !format.named('dns1123Label').value().validate('ok').hasValue()
    semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('1.0.0') && semver('v1.2', true).patch() == 0 && semver('1.0.0-a').isLessThan(semver('1.0.0'))
    object.?name.orValue('x') == 'web' && object.?other.orValue('x') == 'x' && !object.?other.deep.hasValue()
    [?object.?name, ?object.?other] == ['web'] && {?'a': object.?other} == {} && object.ports[?5].orValue(1) == 1
    optional.of(1).optMap(x, x + 1).value() == 2 && optional.none().orValue(3) == 3 && optional.ofNonZeroValue('').hasValue() == false
    authorizer.group('').resource('pods').namespace('ns').check('get').allowed() && !authorizer.path('/x').check('get').allowed()
    dyn(1) == 1 && [dyn(1), 'a'][1] == 'a'
    `
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  )("%s", (expression) => {
    expect(evaluate(expression)).toBe(true);
  });
});

test.each([
  ["x", "undeclared reference to 'x' (in container '')"],
  ["typed.nope", "undefined field 'nope'"],
  ["1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"],
  ["'a'.foo()", "undeclared reference to 'foo'"],
  ["'a'.startsWith(1)", "found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ["[1, 'a']", "expected type 'int' but found 'string'"],
  ["typed.replicas.x", "type 'int' does not support field selection"],
  ["1 +", "Syntax error: mismatched input '<EOF>'"],
  ["a b", "Syntax error: extraneous input 'b'"],
  ["'open", "Syntax error: token recognition error"],
  ["namespace == 1", "Syntax error: reserved identifier: namespace"],
  ["typed.replicas.all(x, true)", "cannot be range of a comprehension"],
  ["object.exists(1, true)", "argument must be a simple name"],
  ["9223372036854775808", "invalid int literal"],
  ["duration('x') == duration('1s')", "invalid duration argument"],
  ["timestamp('x') == timestamp('y')", "invalid timestamp argument"],
  ["'a'.matches('(')", "invalid matches argument"],
])("%s is refused: %s", (expression, message) => {
  expect(() => compileCel(expression, env)).toThrow(CelCompileError);
  expect(() => compileCel(expression, env)).toThrow(message);
});

test.each([
  ["a long sum", Array.from({ length: 30_000 }, () => "1").join("+")],
  ["deep parentheses", `${"(".repeat(400)}1${")".repeat(400)}`],
])("%s is refused before the stack ends", (_what, expression) => {
  expect(() => compileCel(expression, env)).toThrow("expression recursion limit exceeded");
});

test("a compile error shows the place", () => {
  expect(() => compileCel("true &&\n  nope", env)).toThrow(
    "ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n |   nope\n | ..^",
  );
});

test("the result must have the type that is wanted", () => {
  expect(() => compileCel("1", env, [bool])).toThrow("must evaluate to bool");
  expect(compileCel("object.flag", env, [bool]).type.kind).toBe("dyn");
});

test.each([
  ["1 / 0", "division by zero"],
  ["9223372036854775807 + 1", "integer overflow"],
  ["object.other", "no such key: other"],
  ["object.ports[7]", "index out of bounds: 7"],
  ["object.name.x", "does not support field selection"],
  ["object.name + 1", "no such overload"],
  ["duration(object.name)", "invalid duration"],
  ["'a'.matches(object.name + '(')", "error parsing regexp"],
  ["quantity('x')", "quantities must match"],
  ["optional.none().value()", "optional.none() dereference"],
  ["{'a': 1, 'a': 2}", "repeated key"],
])("%s fails: %s", (expression, message) => {
  const program = compileCel(expression, env);
  expect(() => program.evaluate(valueOf)).toThrow(CelError);
  expect(() => program.evaluate(valueOf)).toThrow(message);
});

test("evaluation is stopped when it costs too much, and no || gets over that", () => {
  const long = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
  const nested = "abcdef"
    .split("")
    .reduceRight((inner, x) => `${long}.all(${x}, ${inner})`, "true");
  const program = compileCel(`${nested} || true`, env);
  expect(() => program.evaluate(valueOf)).toThrow(CelCostError);
  expect(compileCel("true", env).evaluate(valueOf).cost).toBe(0);
  expect(compileCel("object.name == 'a'", env).evaluate(valueOf).cost).toBe(3);
});

test.each([
  ["sets.contains(object.long, object.long)"],
  ["object.objects.distinct().size() > 0"],
  ["object.text.matches('(a|b|c|d|e|f|g|h|i|j|k)+x')"],
  ["lists.range(9000000).size() > 0"],
])("%s is not even begun on too much data", (expression) => {
  const long = Array.from({ length: 2_000 }, (_, i) => i);
  const objects = long.map((i) => ({ i }));
  const large = fromJson({ long, objects, text: "a".repeat(2_000_000) }, dyn);
  expect(() => compileCel(expression, env).evaluate(() => large)).toThrow(CelCostError);
});

test("regular expressions run in linear time", () => {
  const program = compileCel(`('${"a".repeat(5_000)}b').matches('(a+)+$')`, env);
  expect(program.evaluate(valueOf).value).toBe(false);
});

test.each([
  ["text == 'abc'", { min: 2, max: 2 }],
  ["text.contains('abc')", { min: 1, max: 11 }],
  ["names.all(n, n != '')", { min: 2, max: 27 }],
  ["text.size() > 3", { min: 3, max: 3 }],
  ["names.exists(n, names.exists(m, n == m))", { min: 2, max: 192 }],
])("the cost of %s is estimated", (expression, range) => {
  const estimate = compileCel(expression, env).estimate();
  expect(estimate.max).toBeGreaterThan(0);
  expect(Math.abs(estimate.max - range.max)).toBeLessThanOrEqual(range.max);
});

test("what has no bound is estimated at more than any limit", () => {
  const program = compileCel("object.ports.all(x, object.ports.all(y, x != y))", env);
  expect(program.estimate().max).toBeGreaterThan(celLimits.ruleEstimateMax);
});

test("hostile keys are just keys", () => {
  const hostile = celEnvironment({ libraries: kubernetesLibraries, variables: { o: dyn } });
  const raw = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
  const read = (expression: string) =>
    compileCel(expression, hostile).evaluate(() => fromJson(raw, dyn)).value;
  expect(read("o['__proto__'].x == 1 && o.constructor == 2 && !has(o.toString)")).toBe(true);
});
