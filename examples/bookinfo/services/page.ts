import type { Result } from "./call.ts";
import type { Details } from "./details.ts";
import type { Review, Reviews } from "./reviews.ts";

const STYLE = `
  body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; color: #23272f; background: #f4f2ee }
  header, main { max-width: 42rem; margin: 0 auto; padding: 1rem 1.25rem }
  header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between }
  header b { font-size: 1.15rem; letter-spacing: .02em }
  form { display: inline } input { width: 7rem } input, button { font: inherit; padding: .15rem .5rem; border: 1px solid #bbb4a8; border-radius: .4rem; background: #fff }
  main { background: #fff; border-radius: .9rem; box-shadow: 0 1px 4px #0002; padding: .5rem 1.75rem 1.5rem }
  h1 { font: 700 2rem/1.2 Georgia, serif; margin: 1rem 0 .5rem } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; color: #6b6254 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0 } dt { color: #6b6254 } dd { margin: 0 }
  blockquote { margin: .75rem 0; padding: .1rem 1rem; border-left: 3px solid #d9d2c4 } blockquote p { margin: .4rem 0 }
  .by { color: #6b6254 } .stars { letter-spacing: .1em } .black { color: #23272f } .red { color: #c0262d }
  .problem { padding: .5rem .9rem; border-radius: .5rem; background: #fdecea; color: #8f1d16 }
  .from { margin: 1.25rem 0 0; color: #6b6254 } code { padding: .1rem .45rem; border-radius: .4rem; background: #eef3ea; color: #2c5a1f; font-size: .95rem }`;

/** Text as it may stand in HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * The page of the book. It names the version of the reviews that answered, and no other.
 * @param user who is signed in; "" for nobody.
 */
export function productPage(user: string, details: Result, reviews: Result): string {
  const who =
    user === ""
      ? `<form action="/login">Not signed in. <input name="user" value="jason" aria-label="user"> <button>Sign in</button></form>`
      : `<span>Signed in as <b>${escape(user)}</b>. <a href="/logout">Sign out</a></span>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Bookinfo: The Comedy of Errors</title>
<style>${STYLE}
</style>
</head>
<body>
<header>
<b>Bookinfo</b>
${who}
</header>
<main>
<h1>The Comedy of Errors</h1>
<p>Antipholus and his servant Dromio come to Ephesus, where another Antipholus and another Dromio have lived for years.</p>

<h2>Details</h2>
${details.ok ? detailList(details.value as Details) : problem("Details", details.problem)}

<h2>Reviews</h2>
${reviews.ok ? reviewList(reviews.value as Reviews) : problem("Reviews", reviews.problem)}
</main>
</body>
</html>
`;
}

function problem(what: string, why: string): string {
  return `<p class="problem">${what} are not available at the moment: ${escape(why)}.</p>`;
}

function detailList(details: Details): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ["Author", details.author],
    ["Year", details.year],
    ["Type", details.type],
    ["Pages", details.pages],
    ["Language", details.language],
  ];
  return `<dl>\n${rows.map(([name, value]) => `<dt>${name}</dt><dd>${escape(String(value))}</dd>`).join("\n")}\n</dl>`;
}

function reviewList(answer: Reviews): string {
  const lines = answer.reviews.map(
    (review) => `<blockquote>\n<p>${escape(review.text)}</p>\n<p class="by">${byline(review, answer.color)}</p>\n</blockquote>`,
  );
  if (answer.problem !== undefined) lines.push(problem("Ratings", answer.problem));
  lines.push(`<p class="from">These reviews come from <code>${escape(answer.from)}</code></p>`);
  return lines.join("\n");
}

function byline({ reviewer, stars }: Review, color = "black"): string {
  if (stars === undefined) return escape(reviewer);
  return `${escape(reviewer)} <span class="stars ${color}" role="img" aria-label="${stars} of 5 stars, ${color}">${"★".repeat(stars)}${"☆".repeat(5 - stars)}</span>`;
}
