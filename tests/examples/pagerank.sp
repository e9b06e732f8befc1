-- PageRank: how likely is it that someone who follows links is on a page?
-- Everybody starts with the rank 1.  In each turn a page gives its rank away,
-- in equal parts, to the pages that it links to; a page's new rank is 0.15
-- plus 0.85 of what it was given.

-- The links do not change, so each turn reads them from memory: the file is
-- read once.  Each row says how many links its page has.
let links = from 'data/links.csv'
| aggregate count(*) as n, collect_list(target) as targets group by page
| select page, n, explode(targets) as target
| cache;

let pages = select page from links union select target from links
| cache;

let ranks = from pages | select page, 1.0D as rank;

-- "ranks" was there before the loop and is bound anew in it: that is what one
-- turn hands to the next.  Its rows are kept after every fifth turn, and what
-- came before is forgotten; the plan of a turn never gets longer than that.
repeat 20 checkpoint every 5 {
    let given = select target as page, sum(rank / n) as share
        from links join ranks using (page)
        group by target;
    let ranks = select page, 0.15D + 0.85D * coalesce(share, 0D) as rank
        from pages left join given using (page);
}

from ranks
| select page, round(rank, 6) as rank
| order by rank desc, page;
