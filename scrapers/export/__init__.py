"""The landed rows as Parquet files on an object store, for whoever reads them downstream."""
