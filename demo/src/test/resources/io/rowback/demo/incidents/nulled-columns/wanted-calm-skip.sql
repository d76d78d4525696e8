-- Both texts are back; the fresh diagnosis stays.
update analysis_results a set training_plan = t.training_plan,
    diagnosis = case when a.id in (select id from truth.fresh) then a.diagnosis else t.diagnosis end
  from truth.analysis_results t where t.id = a.id;
