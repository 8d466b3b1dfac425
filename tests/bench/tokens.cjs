// Counts the tokens of a tools/list given on stdin, with the o200k vocabulary.
const { countTokens } = require("gpt-tokenizer/encoding/o200k_base");

const tools = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const seen = ({ name, description, inputSchema }) =>
  countTokens(JSON.stringify({ name, description, inputSchema }));
const costs = tools.map((tool) => ({ name: tool.name, tokens: seen(tool) }));
const most = costs.reduce((a, b) => (b.tokens > a.tokens ? b : a));
console.log(
  JSON.stringify({
    seen: costs.reduce((sum, cost) => sum + cost.tokens, 0),
    most: `${most.name} most with ${most.tokens}`,
    whole: countTokens(JSON.stringify(tools)),
  }),
);
