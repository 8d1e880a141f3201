//! Process rules: pure, event in, wanted effects out.
