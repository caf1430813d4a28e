"""Amazon SageMaker AI as its wire shows it: a package for each noun. moto answers what is not SageMaker or its logs."""
