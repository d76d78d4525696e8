-- Both texts are back, over the fresh diagnosis too.
update analysis_results a set training_plan = t.training_plan, diagnosis = t.diagnosis
  from truth.analysis_results t where t.id = a.id;
