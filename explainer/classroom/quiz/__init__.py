"""Five questions at a chapter's end, their numbers worked out from what stands on its stage, or drawn by chance."""
