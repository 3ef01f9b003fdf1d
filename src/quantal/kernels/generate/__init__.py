"""The graph and the integration loop written as LLVM IR."""
